#include "MsgHelperGenericDebug.h"

/** Established outgoing connections to each node. */
std::string MsgHelperGenericDebug::processOpNetOut(const std::list<Node*>& nodes)
{
   std::string text;
   for(Node* node : nodes)
      text += node->getNodeIDWithTypeStr() + "\n" + printNodeConns(node);

   return text;
}

std::string MsgHelperGenericDebug::printNodeConns(Node* node)
{
   std::ostringstream returnStream;
   NodeConnPool* connPool = node->getConnPool();
   const char* nonPrimaryTag = " [fallback route]";
   bool isNonPrimaryConn = false;
   std::string peerName;

   NodeConnPoolStats poolStats;
   connPool->getStats(&poolStats);

   returnStream << "   Connections: ";
   if(!(poolStats.numEstablishedStd + poolStats.numEstablishedRDMA) )
      returnStream << "<none>";

   if(poolStats.numEstablishedStd)
   {
      connPool->getFirstPeerName(NICADDRTYPE_STANDARD, &peerName, &isNonPrimaryConn);
      returnStream << "TCP: " << poolStats.numEstablishedStd << " (" << peerName
         << (isNonPrimaryConn ? nonPrimaryTag : "") << "); ";
   }

   if(poolStats.numEstablishedRDMA)
   {
      connPool->getFirstPeerName(NICADDRTYPE_RDMA, &peerName, &isNonPrimaryConn);
      returnStream << "RDMA: " << poolStats.numEstablishedRDMA << " (" << peerName
         << (isNonPrimaryConn ? nonPrimaryTag : "") << "); ";
   }

   returnStream << std::endl;
   return returnStream.str();
}

/** Bytes of all served requests, a line for each type of connection: type, in, out, requests. */
std::string MsgHelperGenericDebug::processOpServed(MultiWorkQueue& queue)
{
   std::ostringstream text;
   for(const auto& [type, stats] : queue.getStats())
      text << NetworkInterfaceCard::nicTypeToString(type) << " " << stats.incVals.netRecvBytes
         << " " << stats.incVals.netSendBytes << " " << stats.incVals.workRequests << " "
         << stats.incVals.queuedWorks << "\n";

   return text.str();
}
