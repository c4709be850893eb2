/* The numbers of the constants QUIPU_ITER_ and QUIPU_LIST_, which are those of APCu. */
#ifndef QUIPU_ITERATOR_H
#define QUIPU_ITERATOR_H

#define QUIPU_PHP_LIST_ACTIVE 1
#define QUIPU_PHP_LIST_DELETED 2

#define QUIPU_PHP_ITER_NONE 0
#define QUIPU_PHP_ITER_TYPE (1 << 0)
#define QUIPU_PHP_ITER_KEY (1 << 1)
#define QUIPU_PHP_ITER_VALUE (1 << 2)
#define QUIPU_PHP_ITER_NUM_HITS (1 << 3)
#define QUIPU_PHP_ITER_MTIME (1 << 4)
#define QUIPU_PHP_ITER_CTIME (1 << 5)
#define QUIPU_PHP_ITER_DTIME (1 << 6)
#define QUIPU_PHP_ITER_ATIME (1 << 7)
#define QUIPU_PHP_ITER_REFCOUNT (1 << 8)
#define QUIPU_PHP_ITER_MEM_SIZE (1 << 9)
#define QUIPU_PHP_ITER_TTL (1 << 10)
#define QUIPU_PHP_ITER_ALL 0xffffffffLL

#endif
