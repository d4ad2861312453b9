/* Who has the job's key: proofs of it, and frames that only it can open. libsodium does the work. */
/* SPDX-License-Identifier: BSD-2-Clause */
#include "seal.h"
#include "group.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SEAL_KEY == crypto_generichash_KEYBYTES && SEAL_KEY == crypto_aead_chacha20poly1305_ietf_KEYBYTES, "");
_Static_assert(SEAL_TAG == crypto_aead_chacha20poly1305_ietf_ABYTES, "");

/* -- the key file ------------------------------------------------------------ */

/* Take the digits; *why is what is wrong with them otherwise. */
static int decode(const char *text, size_t n, unsigned char key[SEAL_KEY])
{
  size_t bytes = 0;
  const char *end = NULL;
  if (n > 0 && text[n - 1] == '\n')
    n--;
  return n == SEAL_HEX && sodium_hex2bin(key, SEAL_KEY, text, n, NULL, &bytes, &end) == 0 && bytes == SEAL_KEY &&
         end == text + n;
}

static int read_key(int fd, const char *file, unsigned char key[SEAL_KEY])
{
  struct stat s;
  char text[SEAL_HEX + 2];
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_KEY_FILE=%s is no file: make one with: sacred key FILE",
                          file);
  if (s.st_uid != geteuid() && s.st_uid != 0)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_KEY_FILE=%s is of user %u, not of %u: use a key of your own",
                          file, (unsigned)s.st_uid, (unsigned)geteuid());
  if (s.st_mode & 077)
    return group_open_say(SACRED_ERR_ENVIRONMENT,
                          "SACRED_KEY_FILE=%s has mode %03o, so others can use it: chmod 600, or make a new one", file,
                          (unsigned)s.st_mode & 0777);
  ssize_t n = read(fd, text, sizeof text);
  int good = n >= 0 && decode(text, (size_t)n, key);
  sodium_memzero(text, sizeof text);
  return good ? SACRED_OK
              : group_open_say(SACRED_ERR_ENVIRONMENT,
                               "SACRED_KEY_FILE=%s does not hold a key, %d hexadecimal digits: make one with: sacred "
                               "key FILE",
                               file, SEAL_HEX);
}

int seal_key_read(const char *file, unsigned char key[SEAL_KEY])
{
  if (sodium_init() < 0)
    return group_open_say(SACRED_ERR_SYSTEM, "libsodium does not start: is there no source of random numbers?");
  memset(key, 0, SEAL_KEY);
  if (!file)
    return SACRED_OK;
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return group_open_say(SACRED_ERR_ENVIRONMENT, "SACRED_KEY_FILE=%s cannot be read: %s", file, strerror(errno));
  int status = read_key(fd, file, key);
  close(fd);
  return status;
}

int seal_key_make(const char *file)
{
  unsigned char key[SEAL_KEY];
  char text[SEAL_HEX + 1];
  if (sodium_init() < 0) {
    errno = ENODEV;
    return -1;
  }
  int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return -1;
  randombytes_buf(key, sizeof key);
  sodium_bin2hex(text, sizeof text, key, sizeof key);
  text[SEAL_HEX] = '\n';
  errno = 0;
  int bad = fchmod(fd, 0600) != 0 || write(fd, text, sizeof text) != (ssize_t)sizeof text || fsync(fd) != 0;
  int error = errno ? errno : ENOSPC;
  sodium_memzero(key, sizeof key);
  sodium_memzero(text, sizeof text);
  close(fd);
  if (!bad)
    return 0;
  unlink(file);
  errno = error;
  return -1;
}

/* -- the handshake ------------------------------------------------------------- */

unsigned char *seal_place(struct seal_talk *talk, uint32_t kind)
{
  return talk->said + (kind - HANDSHAKE_HELLO) * HANDSHAKE_BYTES;
}

/* Over all that was said, up to the authenticator of message `kind`: it says its kind, so none stands for another. */
static void authenticate(const struct seal_talk *talk, const unsigned char key[SEAL_KEY], uint32_t kind,
                         unsigned char proof[32])
{
  crypto_generichash(proof, 32, talk->said, (kind - HANDSHAKE_HELLO) * HANDSHAKE_BYTES + HANDSHAKE_PROOF, key,
                     SEAL_KEY);
}

void seal_greet(struct seal_talk *talk, const unsigned char key[SEAL_KEY], const struct handshake *h)
{
  unsigned char *at = seal_place(talk, h->kind);
  handshake_write(at, h);
  randombytes_buf(at + HANDSHAKE_NONCE, HANDSHAKE_PROOF - HANDSHAKE_NONCE);
  authenticate(talk, key, h->kind, at + HANDSHAKE_PROOF);
}

int seal_greeted(const struct seal_talk *talk, const unsigned char key[SEAL_KEY], uint32_t kind)
{
  unsigned char proof[32];
  authenticate(talk, key, kind, proof);
  return sodium_memcmp(proof, talk->said + (kind - HANDSHAKE_HELLO) * HANDSHAKE_BYTES + HANDSHAKE_PROOF,
                       sizeof proof) == 0;
}

void seal_agree(const struct seal_talk *talk, const unsigned char key[SEAL_KEY], struct seal_stream *to_root,
                struct seal_stream *from_root)
{
  crypto_generichash_state state;
  unsigned char both[2 * SEAL_KEY];
  crypto_generichash_init(&state, key, SEAL_KEY, sizeof both);
  crypto_generichash_update(&state, talk->said, sizeof talk->said);
  crypto_generichash_final(&state, both, sizeof both);
  *to_root = (struct seal_stream){.frames = 0};
  *from_root = (struct seal_stream){.frames = 0};
  memcpy(to_root->key, both, SEAL_KEY);
  memcpy(from_root->key, both + SEAL_KEY, SEAL_KEY);
  sodium_memzero(both, sizeof both);
}

/* -- frames ------------------------------------------------------------------------ */

/* The nonce is the frame's number: a key is used for one stream of one connection. */
static void number(struct seal_stream *s, unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
  memset(nonce, 0, crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
  for (int k = 0; k < 8; k++)
    nonce[4 + k] = (unsigned char)(s->frames >> 8 * k);
  s->frames++;
}

void seal_frame(struct seal_stream *s, unsigned char *frame, uint32_t n)
{
  unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
  number(s, nonce);
  word_write(frame, n + SEAL_TAG);
  crypto_aead_chacha20poly1305_ietf_encrypt(frame + 4, NULL, frame + 4, n, frame, 4, NULL, nonce, s->key);
}

int seal_open(struct seal_stream *s, unsigned char *frame, uint32_t length)
{
  unsigned char nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
  number(s, nonce);
  return crypto_aead_chacha20poly1305_ietf_decrypt(frame + 4, NULL, NULL, frame + 4, length, frame, 4, nonce, s->key) ==
         0;
}
