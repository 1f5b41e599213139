#include "RDMASocket.h"

std::unique_ptr<RDMASocket> RDMASocket::create()
{
   throw SocketException("The miniature tree has no RDMA");
}
