/* Types and numbers of the cluster configuration that SISCI programs use. */
#ifndef DIS_TYPES_H
#define DIS_TYPES_H

/** Entries of a node list, the closing 0 included; the capacity is assumed. */
#define DIS_MAX_NODE_IDS 64

/** Node ids, closed by a 0. */
typedef unsigned int dis_nodeId_list_t[DIS_MAX_NODE_IDS];

/** The node id that stands for all members of a multicast group. */
#define DIS_BROADCAST_NODEID_GROUP_ALL 252

/** Entries that one vectored DMA transfer takes at most. */
#define DIS_DMA_MAX_VECLEN 256

#endif
