/* The probes of the door, the same for every protocol: each ensures \false, and must stay unproved. */
/* SPDX-License-Identifier: BSD-2-Clause */
/*@ requires Inv; assigns \nothing; ensures \false; */
void p_invariant(void)
{
}

/*@ requires Inv && CtxW(w) && Pair(ME,i); ensures \false; */
void p_flush(struct wire *w, uint32_t i)
{
  if (wire_flush(w, i) == SACRED_OK)
    wire_completed(w, i);
}

/*@ requires Inv && CtxW(w) && Pair(ME,i) && Inside(to,len); ensures \false; */
void p_write(struct wire *w, uint32_t i, uint64_t to, uint64_t len)
{
  wire_write(w, i, to, to, len);
}
