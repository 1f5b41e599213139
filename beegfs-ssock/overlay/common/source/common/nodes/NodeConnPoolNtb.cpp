#include <common/app/log/LogContext.h>
#include <common/app/AbstractApp.h>
#include <common/net/sock/NtbSocket.h>
#include "Node.h"
#include "NodeConnPool.h"

#include <boost/lexical_cast.hpp>

/*
 * The part of NodeConnPool that knows NTB. A peer is connected over NTB instead of TCP where both
 * sides can; everything else is left to the routes that the pool always had.
 */

// how often a pool on TCP asks whether NTB works again
static const unsigned NTB_LOOK_INTERVAL_MS = 1000;

#if __has_include(<common/net/sock/IPAddress.h>)

static bool isTcpOnly(const NetFilter* filter, const NicAddress& nic)
{
   return std::any_of(filter->begin(), filter->end(),
      [&](const auto& network)
      {
         // containsAddress() looks behind the end of addresses that are the same
         return (network.data() == nic.ipAddr) || network.containsAddress(nic.ipAddr);
      });
}

/**
 * The pool skips addresses that this host's sockets can't use, and so does NTB: the control channel
 * is a TCP connection.
 */
static bool isUsableFamily(const NicAddress& nic)
{
   return nic.ipAddr.isIPv4() || Socket::isIPv6Available();
}

static void copyIP(const IPAddress& ipAddr, uint8_t* out)
{
   std::copy(ipAddr.data().begin(), ipAddr.data().end(), out);
}

#else

static bool isTcpOnly(const NetFilter* filter, const NicAddress& nic)
{
   return filter->isContained(nic.ipAddr.s_addr);
}

static bool isUsableFamily(const NicAddress&)
{
   return true;
}

static void copyIP(const struct in_addr& ipAddr, uint8_t* out)
{
   static const uint8_t mappedIPv4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

   memcpy(out, mappedIPv4, sizeof(mappedIPv4) );
   memcpy(out + sizeof(mappedIPv4), &ipAddr.s_addr, sizeof(ipAddr.s_addr) );
}

#endif

/**
 * Only servers accept connections over NTB. The management daemon stays with TCP.
 */
static bool isNtbServer(Node& node)
{
   const NodeType type = node.getNodeType();
   return (type == NODETYPE_Meta) || (type == NODETYPE_Storage);
}

/**
 * Connections are closed when their user gives them back, not while he uses them.
 */
template<typename Connections>
static void closeTcpOnRelease(Connections& connList)
{
   for(PooledSocket* sock : connList)
   {
      if(sock->getSockType() == NICADDRTYPE_STANDARD)
         sock->setCloseOnRelease(true);
   }
}

/**
 * Tries to reach the peer over NTB instead of this TCP route.
 *
 * @param port the peer's stream port.
 * @return a connected socket that is ready for use, or NULL to go on with TCP. NULL never is a
 * failed route: it doesn't make the route a fallback.
 */
PooledSocket* NodeConnPool::connectNtb(const NicAddress& nic, unsigned short port,
   bool isPrimaryInterface)
{
   const ICommonConfig* cfg = app->getCommonConfig();

   if( (nic.nicType != NICADDRTYPE_STANDARD) || !cfg->getNtbConfig().useNTB ||
      !isNtbServer(parentNode) )
      return NULL;

   LogContext log("NodeConn (NTB)");
   std::string endpoint;

   try
   {
      NtbSocket::PeerAddr peer;
      copyIP(nic.ipAddr, peer.ip);
      endpoint = boost::lexical_cast<std::string>(parentNode.getNodeType() ) + "@" +
         peer.toStr(port);

      if(!isUsableFamily(nic) )
         return NULL;

      if(isTcpOnly(app->getTcpOnlyFilter(), nic) )
      {
         noteNtbFilter(endpoint);
         return NULL;
      }

      if(!startNtb() )
      {
         noteNtbRoute(nic, false);
         return NULL;
      }

      const unsigned controlPort = port + cfg->getNtbConfig().portShift;
      if(controlPort > 65535)
         return NULL; // no server can listen there; its own log says so
      peer.port = controlPort;
      findNtbSource(nic, peer.sourceIP);

      std::unique_ptr<NtbSocket> sock = NtbSocket::create();
      if(!sock)
         return NULL;

      std::string reason;
      bool reasonIsNew = false;
      if(!sock->tryConnect(peer, &reason, &reasonIsNew) )
      {
         if(reasonIsNew)
            log.log(Log_NOTICE, "Not using NTB for " + endpoint + ": " + reason);
         noteNtbRoute(nic, false);
         return NULL;
      }

      greetNtbPeer(sock.get(), isPrimaryInterface);
      noteNtbRoute(nic, true);

      if(errState.shouldPrintConnectedLogMsg(sock->getPeerIP(), sock->getSockType() ) )
         log.log(Log_NOTICE, "Connected: " + endpoint + " (protocol: NTB" +
            (isPrimaryInterface ? "" : "; fallback route") + ")");

      return sock.release();
   }
   catch(std::exception& e)
   {
      if(isNewNtbFailure(e.what() ) )
         log.log(Log_NOTICE, "NTB connection to " + endpoint + " failed, using TCP: " + e.what() );

      noteNtbRoute(nic, false);
      return NULL;
   }
}

/**
 * @return false if NTB can't be used (now); a new reason for that was logged.
 */
bool NodeConnPool::startNtb()
{
   std::string error;
   bool isFatal = false;
   if(NtbSocket::start(app->getCommonConfig(), &error, &isFatal) )
      return true;

   if(!error.empty() )
      LogContext("NodeConn (NTB)").log(isFatal ? Log_ERR : Log_NOTICE, error);

   return false;
}

/**
 * Notes, and says once, that a peer is on TCP because of connTcpOnlyFilterFile.
 */
void NodeConnPool::noteNtbFilter(const std::string& endpoint)
{
   {
      const std::lock_guard<Mutex> lock(mutex);

      // TCP is this address's way for good: NTB to another address of the peer must not end it
      ntbState.isOnTcp = false;

      if(ntbState.isFilterLogged)
         return;

      ntbState.isFilterLogged = true;
   }

   LogContext("NodeConn (NTB)").log(Log_NOTICE, "Not using NTB for " + endpoint +
      ": it stands in connTcpOnlyFilterFile");
}

/**
 * A peer that can be connected, but doesn't get what is sent, is tried again and again.
 *
 * @return false if the last attempt failed for the same reason.
 */
bool NodeConnPool::isNewNtbFailure(const std::string& reason)
{
   const std::lock_guard<Mutex> lock(mutex);

   if(ntbState.lastFailure == reason)
      return false;

   ntbState.lastFailure = reason;
   return true;
}

/**
 * With connRestrictOutboundInterfaces, the control channel leaves from the address that a TCP
 * connection to this peer would leave from.
 *
 * @param outIP stays zero if there is no restriction, or no route that fits it.
 */
void NodeConnPool::findNtbSource(const NicAddress& nic, uint8_t* outIP)
{
#if __has_include(<common/net/sock/RoutingTable.h>)
   if(!restrictOutboundInterfaces)
      return;

   const std::lock_guard<Mutex> lock(mutex);

   const auto source = ipSrcMap.find(nic.ipAddr);
   if(source != ipSrcMap.end() )
      copyIP(source->second, outIP);
#endif
}

/**
 * What every new connection of this pool begins with.
 *
 * @throw SocketException
 */
void NodeConnPool::greetNtbPeer(PooledSocket* sock, bool isPrimaryInterface)
{
   const bool hasSecret = (app->getCommonConfig()->getConnAuthHash() != 0);
   if(hasSecret)
      authenticateChannel(sock);

   // servers take channels for direct ones until they are told otherwise
   if(isChannelDirect == false)
      makeChannelIndirect(sock);

   const bool isFallbackRoute = !isPrimaryInterface;
   if(isFallbackRoute)
      sock->setExpireTimeStart();
}

/**
 * Remembers which way the last new connection took. When it is NTB again, connections that were
 * made over TCP in between are not needed any longer.
 */
void NodeConnPool::noteNtbRoute(const NicAddress& nic, bool isOnNtb)
{
   const std::lock_guard<Mutex> lock(mutex);

   ntbState.route = nic;

   if(!isOnNtb)
   {
      ntbState.isOnTcp = true;
      return;
   }

   ntbState.lastFailure.clear();

   // isOnTcp stays: another thread may be making a TCP connection, which is found when it is
   // released
   if(ntbState.isOnTcp)
      closeTcpOnRelease(connList);
}

/**
 * A TCP connection that stands in for NTB would be used forever. So when one is released, and NTB
 * has become possible, all of them are closed as they come back: the connections that are needed
 * next then take NTB.
 *
 * @return true if this socket is to be closed now.
 */
bool NodeConnPool::isNtbBack(Socket* sock)
{
   if(likely(!ntbState.isOnTcp) || (sock->getSockType() != NICADDRTYPE_STANDARD) )
      return false;

   NtbSocket::PeerAddr peer;
   NicAddress route;
   unsigned controlPort;

   {
      const std::lock_guard<Mutex> lock(mutex);

      if(ntbState.lastLook.elapsedMS() < NTB_LOOK_INTERVAL_MS)
         return false;

      ntbState.lastLook.setToNow();
      route = ntbState.route;
      controlPort = streamPort + app->getCommonConfig()->getNtbConfig().portShift;
   }

   // programs without a listener have nothing else that would notice an adapter that came up late
   if(!startNtb() )
      return false;

   copyIP(route.ipAddr, peer.ip);
   peer.port = controlPort;
   findNtbSource(route, peer.sourceIP);

   if( (controlPort > 65535) || !NtbSocket::isReachable(peer) )
      return false;

   const std::lock_guard<Mutex> lock(mutex);

   closeTcpOnRelease(connList);
   return true;
}
