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

#if __has_include(<common/net/sock/IPAddress.h>)

static bool isTcpOnly(const NetFilter* filter, const NicAddress& nic)
{
   return std::any_of(filter->begin(), filter->end(),
      [&](const auto& network) { return network.containsAddress(nic.ipAddr); });
}

static void copyIP(const IPAddress& ipAddr, NtbSocket::PeerAddr& out)
{
   std::copy(ipAddr.data().begin(), ipAddr.data().end(), out.ip);
}

#else

static bool isTcpOnly(const NetFilter* filter, const NicAddress& nic)
{
   return filter->isContained(nic.ipAddr.s_addr);
}

static void copyIP(const struct in_addr& ipAddr, NtbSocket::PeerAddr& out)
{
   static const uint8_t mappedIPv4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

   memcpy(out.ip, mappedIPv4, sizeof(mappedIPv4) );
   memcpy(out.ip + sizeof(mappedIPv4), &ipAddr.s_addr, sizeof(ipAddr.s_addr) );
}

#endif

static std::string peerToStr(const NtbSocket::PeerAddr& peer, unsigned short streamPort)
{
   struct in6_addr address;
   memcpy(&address, peer.ip, sizeof(address) );

   char text[INET6_ADDRSTRLEN] = "";
   if(IN6_IS_ADDR_V4MAPPED(&address) )
   {
      inet_ntop(AF_INET, peer.ip + 12, text, sizeof(text) );
      return std::string(text) + ":" + std::to_string(streamPort);
   }

   inet_ntop(AF_INET6, peer.ip, text, sizeof(text) );
   return "[" + std::string(text) + "]:" + std::to_string(streamPort);
}

/**
 * Only servers accept connections over NTB. The management daemon stays with TCP.
 */
static bool isNtbServer(Node& node)
{
   const NodeType type = node.getNodeType();
   return (type == NODETYPE_Meta) || (type == NODETYPE_Storage);
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
      !isNtbServer(parentNode) || isTcpOnly(app->getTcpOnlyFilter(), nic) )
      return NULL;

   LogContext log("NodeConn (NTB)");
   std::string endpoint;

   try
   {
      std::string error;
      bool isFatal = false;
      if(!NtbSocket::start(cfg, &error, &isFatal) )
      {
         if(!error.empty() )
            log.log(isFatal ? Log_ERR : Log_NOTICE, error);
         return NULL;
      }

      NtbSocket::PeerAddr peer;
      copyIP(nic.ipAddr, peer);
      endpoint = boost::lexical_cast<std::string>(parentNode.getNodeType() ) + "@" +
         peerToStr(peer, port);

      const unsigned controlPort = port + cfg->getNtbConfig().portShift;
      if(controlPort > 65535)
         return NULL; // no server can listen there; its own log says so
      peer.port = controlPort;

      std::unique_ptr<NtbSocket> sock = NtbSocket::create();
      if(!sock)
         return NULL;

      std::string reason;
      bool reasonIsNew = false;
      if(!sock->tryConnect(peer, &reason, &reasonIsNew) )
      {
         if(reasonIsNew)
            log.log(Log_NOTICE, "Not using NTB for " + endpoint + ": " + reason);
         noteNtbResult(false);
         return NULL;
      }

      greetNtbPeer(sock.get(), isPrimaryInterface);
      noteNtbResult(true);

      if(errState.shouldPrintConnectedLogMsg(sock->getPeerIP(), sock->getSockType() ) )
         log.log(Log_NOTICE, "Connected: " + endpoint + " (protocol: NTB" +
            (isPrimaryInterface ? "" : "; fallback route") + ")");

      return sock.release();
   }
   catch(std::exception& e)
   {
      log.log(Log_NOTICE, "NTB connection to " + endpoint + " failed, using TCP: " + e.what() );
      noteNtbResult(false);
      return NULL;
   }
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
 * Remembers whether the peer is on TCP although it was reachable over NTB before. When it comes
 * back, its TCP connections are not needed any longer.
 */
void NodeConnPool::noteNtbResult(bool isConnected)
{
   const std::lock_guard<Mutex> lock(mutex);

   if(!isConnected)
   {
      ntbState.isLost = ntbState.wasUsed;
      ntbState.lossTime.setToNow();
      return;
   }

   if(ntbState.isLost)
   {
      for(PooledSocket* sock : connList)
      {
         if(sock->getSockType() == NICADDRTYPE_STANDARD)
            sock->setCloseOnRelease(true);
      }
   }

   ntbState.wasUsed = true;
   ntbState.isLost = false;
}

/**
 * A TCP connection that replaces a lost NTB connection would be used forever, and NTB never tried
 * again. From time to time, one such connection is closed when it is released: the next one that
 * is needed then begins with an NTB attempt.
 *
 * @return true if this socket is to be closed now.
 */
bool NodeConnPool::isNtbRetryDue(Socket* sock)
{
   if(likely(!ntbState.isLost) || (sock->getSockType() != NICADDRTYPE_STANDARD) )
      return false;

   const std::lock_guard<Mutex> lock(mutex);

   if(ntbState.lossTime.elapsedMS() < app->getCommonConfig()->getNtbConfig().retrySecs * 1000)
      return false;

   ntbState.lossTime.setToNow();
   return true;
}
