/* What packaging takes at least: bench/packaging.py's "in C", as far as it costs time.
 *
 * pack TREE OUT: walks, sorts, opens each file beneath the tree without following links, compares
 * what fstat says before and after reading, CRC-32, SHA-256, deflates by the levels of
 * signed_lambda/package/worker.py (default), writes in order and hashes what is written. Two
 * threads. No rules, no limits, no report, no real headers: zeros of their size.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 2, BATCH = 32, LOCAL = 30, CENTRAL = 46, LEVEL = 5, LEVELS = 13 };
enum { BRIEF = 8192, LARGE_TEXT = 65536, HEAD = 1024, WRITTEN_AT_ONCE = 262144 };

struct file {
  char *name;
  struct stat listed;
  unsigned char *data; /* deflated, or the content; NULL until it is packed */
  size_t size;
  unsigned char sha256[EVP_MAX_MD_SIZE];
  unsigned crc;
};

static struct file *files;
static size_t count, room, next_batch;
static int tree;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t packed = PTHREAD_COND_INITIALIZER;

static void walk(int folder, const char *above) {
  DIR *entries = fdopendir(folder);
  if (!entries) err(1, "%s", above);
  for (struct dirent *entry; (entry = readdir(entries));) {
    char *name;
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if (asprintf(&name, "%s%s", above, entry->d_name) < 0) err(1, "memory");
    if (entry->d_type == DT_DIR) {
      char *inner;
      if (asprintf(&inner, "%s/", name) < 0) err(1, "memory");
      int fd = openat(dirfd(entries), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (fd < 0) err(1, "%s", name);
      walk(fd, inner);
    } else if (entry->d_type == DT_REG) {
      if (count == room) files = realloc(files, (room = room ? 2 * room : 4096) * sizeof *files);
      struct file *file = memset(&files[count++], 0, sizeof *file);
      file->name = name;
      if (fstatat(dirfd(entries), entry->d_name, &file->listed, AT_SYMLINK_NOFOLLOW))
        err(1, "%s", name);
    }
  }
  closedir(entries);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int is_same(const struct stat *a, const struct stat *b) {
  return a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static unsigned char *at_least(unsigned char **buffer, size_t *has, size_t size) {
  if (size > *has && !(*buffer = realloc(*buffer, *has = size))) err(1, "memory");
  return *buffer;
}

static void *pack(void *unused) {
  struct libdeflate_compressor *by_level[LEVELS] = {0};
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  unsigned char *content = NULL, *out = NULL;
  size_t content_room = 0, out_room = 0;
  for (size_t at; (at = __atomic_fetch_add(&next_batch, BATCH, __ATOMIC_RELAXED)) < count;) {
    size_t end = at + BATCH < count ? at + BATCH : count;
    for (size_t i = at; i < end; i++) {
      struct file *file = &files[i];
      struct stat now;
      size_t size = file->listed.st_size, got = 0;
      int fd = openat(tree, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      if (fd < 0 || fstat(fd, &now) || !is_same(&now, &file->listed)) err(1, "%s", file->name);
      at_least(&content, &content_room, size + 1);
      for (ssize_t more; (more = read(fd, content + got, size + 1 - got)) > 0;) got += more;
      if (got != size || fstat(fd, &now) || !is_same(&now, &file->listed)) errx(1, "it changed");
      close(fd);
      int is_text = !memchr(content, 0, size < HEAD ? size : HEAD);
      int level = size < BRIEF ? 1 : size >= LARGE_TEXT && is_text ? LEVEL - 1 : LEVEL;
      if (!by_level[level]) by_level[level] = libdeflate_alloc_compressor(level);
      size_t bound = libdeflate_deflate_compress_bound(by_level[level], size);
      at_least(&out, &out_room, bound);
      size_t made = libdeflate_deflate_compress(by_level[level], content, size, out, bound);
      int smaller = made && made < size;
      file->size = smaller ? made : size;
      file->crc = libdeflate_crc32(0, content, size);
      EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
      EVP_DigestUpdate(hash, content, size);
      EVP_DigestFinal_ex(hash, file->sha256, NULL);
      unsigned char *data = malloc(file->size + 1);
      memcpy(data, smaller ? out : content, file->size);
      pthread_mutex_lock(&lock);
      file->data = data;
      pthread_mutex_unlock(&lock);
    }
    pthread_cond_signal(&packed);
  }
  return unused;
}

int main(int argc, char **argv) {
  static const unsigned char zeros[CENTRAL];
  pthread_t threads[THREADS];
  if (argc != 3) errx(2, "usage: pack TREE OUT");
  if ((tree = open(argv[1], O_RDONLY | O_DIRECTORY)) < 0) err(1, "%s", argv[1]);
  walk(dup(tree), "");
  qsort(files, count, sizeof *files, by_name);
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, pack, NULL);
  FILE *zip = fopen(argv[2], "wb");
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
  setvbuf(zip, NULL, _IOFBF, WRITTEN_AT_ONCE);
  for (size_t i = 0; i < count; i++) {
    struct file *file = &files[i];
    pthread_mutex_lock(&lock);
    while (!file->data) pthread_cond_wait(&packed, &lock);
    pthread_mutex_unlock(&lock);
    const void *parts[] = {zeros, file->name, file->data};
    const size_t sizes[] = {LOCAL, strlen(file->name), file->size};
    for (int part = 0; part < 3; part++) {
      EVP_DigestUpdate(hash, parts[part], sizes[part]);
      fwrite(parts[part], 1, sizes[part], zip);
    }
    free(file->data);
  }
  for (size_t i = 0; i < count; i++) {
    fwrite(zeros, 1, CENTRAL, zip);
    fwrite(files[i].name, 1, strlen(files[i].name), zip);
  }
  if (fclose(zip)) err(1, "%s", argv[2]);
  return 0;
}
