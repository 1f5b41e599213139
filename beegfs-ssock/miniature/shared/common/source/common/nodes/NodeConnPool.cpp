#include "common/app/AbstractApp.h"
#include "common/app/log/LogContext.h"
#include "common/net/message/control/AuthenticateChannelMsg.h"
#include "common/net/message/control/SetChannelDirectMsg.h"
#include "common/toolkit/MessagingTk.h"
#include "Node.h"
#include "NodeConnPool.h"

#include <algorithm>

namespace
{
   constexpr int goodbyeWaitMS = 500;
}

NodeConnPool::NodeConnPool(Node& node, unsigned short port, const NicAddressList& nics) :
   app(PThread::getCurrentThreadApp()), parentNode(node), nicList(nics), streamPort(port)
{
   auto cfg = app->getCommonConfig();
   maxConns = cfg->getConnMaxInternodeNum();
   fallbackExpirationSecs = unsigned(cfg->getConnFallbackExpirationSecs() );
}

NodeConnPool::~NodeConnPool()
{
   while(!connList.empty())
      invalidateSpecificStreamSocket(connList.front());
}

void NodeConnPool::setLocalNicCaps(const NicListCapabilities& caps)
{
   {
      const std::lock_guard<Mutex> guard(mutex);
      localNicCaps = caps;
   }

   closeAvailable(false, true);
}

/** The caller holds the mutex and knows that there is one. */
PooledSocket* NodeConnPool::takeAvailable()
{
   PooledSocket* sock = *std::find_if(connList.begin(), connList.end(),
      [](const PooledSocket* candidate) { return candidate->isAvailable(); });

   sock->setAvailable(false);
   sock->setHasActivity();
   availableConns--;
   return sock;
}

/**
 * @param allowWaiting whether to wait for a connection if all are in use
 * @return null only if all are in use and waiting was not allowed
 * @throw SocketConnectException if no address of the node takes a connection
 */
Socket* NodeConnPool::acquireStreamSocketEx(bool allowWaiting)
{
   LogContext log("NodeConn (acquire)");
   std::unique_lock<Mutex> lock(mutex);

   while(!availableConns && establishedConns == maxConns)
   {
      if(!allowWaiting)
         return nullptr;
      changeCond.wait(&mutex);
   }

   if(availableConns)
      return takeAvailable();

   establishedConns++; // reserves the place
   const unsigned short port = streamPort;
   NicAddressList nics = nicList;
   const NicListCapabilities caps = localNicCaps;
   lock.unlock();

   PooledSocket* sock = nullptr;
   bool isPrimaryInterface = true; // false from the first address on that failed

   for(NicAddressListIter iter = nics.begin(); iter != nics.end() && !sock; ++iter)
   {
      StandardSocket* newStandardSock = nullptr;
      std::ostringstream endpointStr;
      endpointStr << parentNode.getNodeType() << "@" << AddrTk::endpoint(*iter, port);

      if(!AddrTk::isAllowed(*app->getNetFilter(), *iter) ||
         (iter->nicType != NICADDRTYPE_STANDARD &&
            AddrTk::isTcpOnly(*app->getTcpOnlyFilter(), *iter) ) )
         continue;

      try
      {
         switch(iter->nicType)
         {
            case NICADDRTYPE_RDMA:
               if(!caps.supportsRDMA)
                  continue;
               sock = RDMASocket::create().release();
               break;

            case NICADDRTYPE_STANDARD:
               sock = newStandardSock = AddrTk::newStreamSocket();
               break;

            default:
               log.log(Log_WARNING, "Unknown connection type: " + endpointStr.str());
               continue;
         }
      }
      catch(SocketException& e)
      {
         log.log(Log_NOTICE, endpointStr.str() + ": no socket: " + e.what());
         continue;
      }

      try
      {
         if(newStandardSock)
            prepare(*newStandardSock);

         AddrTk::connect(*sock, *iter, port);

         const NicAddrType type = sock->getSockType();
         if(errState.shouldPrintConnectedLogMsg(sock->getPeerIP(), type))
            log.log(Log_NOTICE, "Connected: " + endpointStr.str() + " (protocol: " +
               NetworkInterfaceCard::nicTypeToString(type) +
               (isPrimaryInterface ? ")" : "; fallback route)") );

         greet(*sock, isPrimaryInterface);
      }
      catch(SocketException& e)
      {
         if(errState.shouldPrintConnectFailedLogMsg(sock->getPeerIP(), sock->getSockType()))
            log.log(Log_NOTICE, "Connect failed: " + endpointStr.str() + ": " + e.what());

         isPrimaryInterface = false;
         SAFE_DELETE(sock);
      }
   }

   return finishConnect(sock);
}

/** What a new connection begins with, before any request. */
void NodeConnPool::greet(PooledSocket& sock, bool isPrimaryInterface)
{
   if(app->getCommonConfig()->getConnAuthHash())
      authenticateChannel(&sock);
   if(!isChannelDirect)
      makeChannelIndirect(&sock);
   if(!isPrimaryInterface)
      sock.setExpireTimeStart();
}

/** Takes a new connection (null: none could be made) into the pool. */
PooledSocket* NodeConnPool::finishConnect(PooledSocket* sock)
{
   const std::lock_guard<Mutex> guard(mutex);

   if(sock)
   {
      const NicAddrType type = sock->getSockType();
      connList.push_back(sock);
      statsAddNic(type);
      errState.setConnSuccess(sock->getPeerIP(), type);
      return sock;
   }

   establishedConns--;
   changeCond.signal(); // whoever waits may try, too

   const std::string what = "Connect failed on all available routes: " +
      parentNode.getNodeIDWithTypeStr();
   if(!errState.getWasLastTimeCompleteFail())
      LogContext("NodeConn (acquire)").log(Log_CRITICAL, what);
   errState.setCompleteFail();

   throw SocketConnectException(what);
}

void NodeConnPool::releaseStreamSocket(Socket* sock)
{
   auto pooled = static_cast<PooledSocket*>(sock);
   if(pooled->getHasExpired(fallbackExpirationSecs) || pooled->isCloseOnRelease())
   {
      invalidateSpecificStreamSocket(sock);
      return;
   }

   const std::lock_guard<Mutex> lock(mutex);
   pooled->setAvailable(true);
   availableConns++;
   changeCond.signal();
}

/** After an error: closes this connection and all that wait in the pool, as they may be dead. */
void NodeConnPool::invalidateStreamSocket(Socket* sock)
{
   closeAvailable(false, false);
   invalidateSpecificStreamSocket(sock);
}

void NodeConnPool::invalidateSpecificStreamSocket(Socket* sock)
{
   {
      const std::lock_guard<Mutex> guard(mutex);
      connList.remove(static_cast<PooledSocket*>(sock));
      establishedConns--;
      statsRemoveNic(sock->getSockType());
      changeCond.signal();
   }

   try
   {
      sock->shutdownAndRecvDisconnect(goodbyeWaitMS);
   }
   catch(SocketException& e)
   {
      // it was to end anyway
   }

   delete sock;
}

/**
 * @param alsoOnRelease also mark the connections that are in use
 * @return number of closed connections
 */
unsigned NodeConnPool::closeAvailable(bool onlyIdle, bool alsoOnRelease)
{
   ConnectionList chosen; // closing waits, so that is done without the mutex

   {
      const std::lock_guard<Mutex> lock(mutex);
      for(PooledSocket* sock : connList)
      {
         if(alsoOnRelease)
            sock->setCloseOnRelease(true);
         if(!sock->isAvailable() || (onlyIdle && sock->getHasActivity() ) )
            continue;

         sock->setAvailable(false);
         availableConns--;
         chosen.push_back(sock);
      }
   }

   for(PooledSocket* sock : chosen)
      invalidateSpecificStreamSocket(sock);

   return unsigned(chosen.size());
}

/** @return number of connections that had no activity since the last call and were closed */
unsigned NodeConnPool::disconnectAndResetIdleStreams()
{
   const unsigned closed = closeAvailable(true, false);

   const std::lock_guard<Mutex> lock(mutex);
   for(PooledSocket* sock : connList)
      if(sock->isAvailable())
         sock->resetHasActivity();

   return closed;
}

/** @throw SocketException */
void NodeConnPool::prepare(StandardSocket& sock)
{
   auto cfg = app->getCommonConfig();
   if(cfg->getConnTCPRcvBufSize() > 0)
      sock.setSoRcvBuf(cfg->getConnTCPRcvBufSize());
   if(!cfg->getConnTCPCongestion().empty())
      sock.setTcpCongestion(cfg->getConnTCPCongestion());

   sock.setLowLatency();
}

void NodeConnPool::authenticateChannel(Socket* sock)
{
   const auto buf = MessagingTk::createMsgVec(
      AuthenticateChannelMsg(app->getCommonConfig()->getConnAuthHash()));
   AddrTk::sendto(*sock, buf.data(), buf.size());
}

void NodeConnPool::makeChannelIndirect(Socket* sock)
{
   const auto buf = MessagingTk::createMsgVec(SetChannelDirectMsg(false));
   AddrTk::sendto(*sock, buf.data(), buf.size());
}

/** @return false ("busy") if no connection of this type waits in the pool */
bool NodeConnPool::getFirstPeerName(NicAddrType type, std::string* outName, bool* outIsFallback)
{
   const std::lock_guard<Mutex> lock(mutex);

   for(PooledSocket* sock : connList)
   {
      if(!sock->isAvailable() || sock->getSockType() != type)
         continue;

      *outName = sock->getPeername();
      *outIsFallback = sock->getHasExpirationTimer();
      return true;
   }

   *outName = "busy";
   *outIsFallback = false;
   return false;
}

void NodeConnPool::getStats(NodeConnPoolStats* outStats)
{
   const std::lock_guard<Mutex> lock(mutex);
   *outStats = stats;
}

void NodeConnPool::statsAddNic(NicAddrType nicType)
{
   switch(nicType)
   {
      case NICADDRTYPE_RDMA:
      {
         stats.numEstablishedRDMA++;
      } break;

      default:
         stats.numEstablishedStd++;
   }
}

void NodeConnPool::statsRemoveNic(NicAddrType nicType)
{
   switch(nicType)
   {
      case NICADDRTYPE_RDMA:
      {
         stats.numEstablishedRDMA--;
      } break;

      default:
         stats.numEstablishedStd--;
   }
}
