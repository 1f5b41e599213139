/*
 * Types and numbers of the cluster configuration that SISCI programs use. Complete by itself.
 *
 * No public source gives the capacity of the lists or the values of the adapter kinds: assumed.
 */
#ifndef DIS_TYPES_H
#define DIS_TYPES_H

/** Adapters of one host at most. */
#define DIS_MAX_NSCIS 64

/** Entries of a node list, the closing 0 included. */
#define DIS_MAX_NODE_IDS DIS_MAX_NSCIS

/** Node ids, closed by a 0. */
typedef unsigned int dis_nodeId_list_t[DIS_MAX_NODE_IDS];

/** How a name of the configuration maps to adapters. */
typedef enum {
    DIS_VIRT_ADAPTER_NONE = 0,   /**< The name is not known. */
    DIS_VIRT_ADAPTER_SINGLE = 1, /**< One adapter. */
    DIS_VIRT_ADAPTER_MULTI = 2   /**< Several adapters under one name. */
} dis_virt_adapter_t;

/** The same under the name that SCIGetNodeInfoByAdapterName's users give it. */
typedef dis_virt_adapter_t dis_adapter_type_t;

/** The node id that stands for all members of a multicast group. */
#define DIS_BROADCAST_NODEID_GROUP_ALL 252

/** Entries that one vectored DMA transfer takes at most. */
#define DIS_DMA_MAX_VECLEN 256

#endif
