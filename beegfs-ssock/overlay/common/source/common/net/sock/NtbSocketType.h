#pragma once

#include <common/net/sock/NetworkInterfaceCard.h>

/**
 * Some socket classes hand over data that no file descriptor announces, and wake up without data.
 * Sockets of these types are RDMASocket objects and must be asked through nonblockingRecvCheck().
 *
 * @return true if a socket of this type is such a socket.
 */
inline bool isPolledSocketType(NicAddrType sockType)
{
   return (sockType == NICADDRTYPE_RDMA) || (sockType == NICADDRTYPE_NTB);
}
