#include "MultiSocket.h"

#include "../plugin/PeerAddress.h"

#include <common/app/log/LogContext.h>

#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace {

std::string errnoText()
{
   return System::getErrString(errno);
}

#ifndef NTB_HAVE_SOCKETADDRESS

void copyMappedIPv4(in_addr_t ip, uint8_t (&out)[16])
{
   memcpy(out, MAPPED_IPV4, sizeof(MAPPED_IPV4) );
   memcpy(out + sizeof(MAPPED_IPV4), &ip, sizeof(ip) );
}

#endif

} // namespace

MultiSocket::MultiSocket(const NtbWay* way, const OriginalPlugin* original) :
   way(way), original(original)
{
   sockType = NICADDRTYPE_RDMA; // the only type of this kind that an unpatched daemon knows
}

/**
 * Whether NTB can be used now.
 */
bool MultiSocket::hasNtb() const
{
   return way && way->isRunning();
}

int MultiSocket::getFD() const
{
   return connection ? connection->getFD() : listenFD.get();
}

/**
 * @throw SocketException if there is no connection
 */
RDMASocket& MultiSocket::connected()
{
   if(!connection)
      throw SocketDisconnectException("Not connected");

   return *connection;
}

/**
 * @return false to go on with InfiniBand
 */
bool MultiSocket::connectNtb(const NtbSocket::PeerAddr& peer, std::string* outReason)
{
   if(!hasNtb() )
   {
      *outReason = "NTB can't be used on this node";
      return false;
   }

   if(peer.port > 65535 - way->portShift)
   {
      *outReason = "no port is left for NTB above " + std::to_string(peer.port);
      return false;
   }

   NtbSocket::PeerAddr control = peer;
   control.port += way->portShift;
   std::copy(std::begin(sourceIP), std::end(sourceIP), control.sourceIP);

   std::unique_ptr<NtbSocketImpl> sock(new NtbSocketImpl() );
   bool reasonIsNew = false;
   if(sock->tryConnect(control, outReason, &reasonIsNew) )
   {
      adopt(std::move(sock) );
      return true;
   }

   if(reasonIsNew)
      LogContext("NTB").log(Log_NOTICE, "Not using NTB for " + peer.toStr(peer.port) + ": " + *outReason);

   return false;
}

/**
 * @param ntbReason why it isn't NTB
 * @param connectTo called with the new socket
 * @throw SocketException
 */
template<typename Peer>
void MultiSocket::connectInfiniBand(const std::string& ntbReason, const Peer& connectTo)
{
   if(!original || !original->devicesExist() )
      throw SocketConnectException("Unable to connect over NTB: " + ntbReason);

   std::unique_ptr<RDMASocket> sock = newInfiniBand();
   if(bindLikeThis)
      bindLikeThis(*sock);
   connectTo(*sock);
   adopt(std::move(sock) );
}

std::unique_ptr<RDMASocket> MultiSocket::newInfiniBand() const
{
   std::unique_ptr<RDMASocket> sock = original->create();

   if(hasBuffers)
      sock->setBuffers(bufNum, bufSize);
   if(hasTimeouts)
      sock->setTimeouts(connectMS, flowSendMS, pollMS);
   if(hasTypeOfService)
      sock->setTypeOfService(typeOfService);

   return sock;
}

void MultiSocket::adopt(std::unique_ptr<RDMASocket> sock)
{
   connection = std::move(sock);
   peername = connection->getPeername();

#ifdef NTB_HAVE_SOCKETADDRESS
   peerIP = connection->getPeerIP();
#else
   peerIP.s_addr = connection->getPeerIP();
#endif
}

void MultiSocket::connect(const char* hostname, unsigned short port)
{
   std::string reason = "NTB can't be used on this node";

   if(hasNtb() && (port <= 65535 - way->portShift) )
   {
      try
      {
         std::unique_ptr<NtbSocketImpl> sock(new NtbSocketImpl() );
         sock->connect(hostname, port + way->portShift);
         return adopt(std::move(sock) );
      }
      catch(SocketException& e)
      {
         reason = e.what();
      }
   }

   connectInfiniBand(reason, [&](RDMASocket& sock) { sock.connect(hostname, port); });
}

#ifdef NTB_HAVE_SOCKETADDRESS

void MultiSocket::connect(const SocketAddress& address)
{
   std::string reason;
   if(!connectNtb(peerFromAddress(address), &reason) )
      connectInfiniBand(reason, [&](RDMASocket& sock) { sock.connect(address); });
}

/**
 * Tells whether an interface can be used, like an InfiniBand socket does: with an exception.
 */
void MultiSocket::bindToAddr(const SocketAddress& address)
{
   if(!hasNtb() )
   {
      if(!original)
         throw SocketException("Neither NTB nor InfiniBand can be used on this node");
      newInfiniBand()->bindToAddr(address);
   }

   bindIP = address.addr;
   bindPort = address.port;
   std::copy(address.addr.data().begin(), address.addr.data().end(), sourceIP);
   listenPort = address.port;
   bindLikeThis = [address](RDMASocket& sock) { sock.bindToAddr(address); };
}

Socket* MultiSocket::accept(struct sockaddr_storage* outAddress, socklen_t* outLen)
{
   return acceptNext(outAddress, outLen);
}

ssize_t MultiSocket::sendto(const void* buf, size_t len, int flags, const SocketAddress* to)
{
   return send(buf, len, flags);
}

#else

void MultiSocket::connect(const struct sockaddr* address, socklen_t addressLen)
{
   if(addressLen < sizeof(struct sockaddr_in) )
      throw SocketConnectException("address too short");

   std::string reason;
   if(!connectNtb(peerFromSockaddr(address), &reason) )
      connectInfiniBand(reason, [&](RDMASocket& sock) { sock.connect(address, addressLen); });
}

/**
 * Tells whether an interface can be used, like an InfiniBand socket does: with an exception.
 */
void MultiSocket::bindToAddr(in_addr_t ipAddr, unsigned short port)
{
   if(!hasNtb() )
   {
      if(!original)
         throw SocketException("Neither NTB nor InfiniBand can be used on this node");
      newInfiniBand()->bindToAddr(ipAddr, port);
   }

   #ifdef NTB_HAVE_BINDIP
   bindIP.s_addr = ipAddr;
   bindPort = port;
   #endif
   copyMappedIPv4(ipAddr, sourceIP);
   listenPort = port;
   bindLikeThis = [=](RDMASocket& sock) { sock.bindToAddr(ipAddr, port); };
}

Socket* MultiSocket::accept(struct sockaddr* outAddress, socklen_t* outLen)
{
   return acceptNext(outAddress, outLen);
}

ssize_t MultiSocket::sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
   socklen_t toLen)
{
   return send(buf, len, flags);
}

#endif

/**
 * The daemon watches one descriptor, so both listeners and a timer stand behind it.
 *
 * @throw SocketException if InfiniBand is there and can't listen. Without this plugin, that would be
 * an error as well. An NTB listener that doesn't work is tried again later.
 */
void MultiSocket::listen()
{
   listenFD.reset(epoll_create1(EPOLL_CLOEXEC) );
   if(listenFD.get() < 0)
      throw SocketException("epoll_create1: " + errnoText() );

   openInfiniBandListener();
   if(way)
      openNtbListener();

   peername = "Listen(Port: " + std::to_string(listenPort) + ")";
}

void MultiSocket::openInfiniBandListener()
{
   if(!original || !original->devicesExist() )
      return;

   ib = newInfiniBand();
   if(bindLikeThis)
      bindLikeThis(*ib);
   ib->listen();
   watch(ib->getFD() );
}

/**
 * Starts the NTB listener, or a timer that tries it again. Each reason is logged once.
 */
void MultiSocket::openNtbListener()
{
   LogContext log("NTB");

   try
   {
      // if the transport can't be started, the log says so already
      if(way->isRunning() )
         return tryOpenNtbListener();
   }
   catch(SocketException& e)
   {
      if(ntbListenError != e.what() )
         log.log(Log_WARNING, "Unable to listen for NTB connections, trying again every " +
            std::to_string(way->retrySecs) + " seconds: " + e.what() );

      ntbListenError = e.what();
   }

   struct itimerspec time = {};
   time.it_value.tv_sec = way->retrySecs;
   retryFD.reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) );
   if( (retryFD.get() < 0) || timerfd_settime(retryFD.get(), 0, &time, NULL) )
      return; // out of descriptors: InfiniBand still works

   watch(retryFD.get() );
}

/**
 * @throw SocketException
 */
void MultiSocket::tryOpenNtbListener()
{
   const unsigned port = listenPort + way->portShift;
   if(port > 65535)
      throw SocketException("there is no port " + std::to_string(port) );

   std::unique_ptr<RDMASocket> sock(new NtbSocketImpl() );
   sock->bind(port);
   sock->listen();
   watch(sock->getFD() );
   ntb = std::move(sock);
   ntbListenError.clear();
   LogContext("NTB").log(Log_NOTICE, "Listening for NTB connections: Port " +
      std::to_string(port) );
}

void MultiSocket::retryNtbListener()
{
   uint64_t expirations;
   const bool isDue = (retryFD.get() >= 0) &&
      (::read(retryFD.get(), &expirations, sizeof(expirations) ) > 0);

   if(!isDue)
      return;

   retryFD.reset(-1);
   openNtbListener();
}

/**
 * @throw SocketException
 */
void MultiSocket::watch(int fd)
{
   struct epoll_event event = {};
   event.events = EPOLLIN;
   if(epoll_ctl(listenFD.get(), EPOLL_CTL_ADD, fd, &event) )
      throw SocketException("Unable to watch a listener: " + errnoText() );
}

/**
 * True if a connection or an internal event waits at one of the listeners; what made the descriptor
 * readable is taken away if not.
 */
bool MultiSocket::checkDelayedEvents()
{
   if(connection)
      return connection->checkDelayedEvents();

   retryNtbListener();

   pendingListener = NULL;
   for(RDMASocket* listener : {ntb.get(), ib.get()})
   {
      if(listener && listener->checkDelayedEvents() )
      {
         pendingListener = listener;
         return true;
      }
   }

   return false;
}

/**
 * @return NULL if it was no new connection, which is no error
 * @throw SocketException
 */
template<typename Address>
Socket* MultiSocket::acceptNext(Address* outAddress, socklen_t* outLen)
{
   RDMASocket* listener = pendingListener;
   pendingListener = NULL;
   if(!listener)
      return NULL;

   listener->setConnectionRejectionRate(rejectionRate);
   return listener->accept(outAddress, outLen);
}

void MultiSocket::shutdown()
{
   if(connection)
      connection->shutdown();
}

void MultiSocket::shutdownAndRecvDisconnect(int timeoutMS)
{
   if(connection)
      connection->shutdownAndRecvDisconnect(timeoutMS);
}

#ifdef BEEGFS_NVFS

ssize_t MultiSocket::read(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
   unsigned rkey)
{
   return connected().read(buf, len, lkey, rbuf, rkey);
}

ssize_t MultiSocket::write(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
   unsigned rkey)
{
   return connected().write(buf, len, lkey, rbuf, rkey);
}

#endif

ssize_t MultiSocket::send(const void* buf, size_t len, int flags)
{
   const ssize_t sent = connected().send(buf, len, flags);
   stats->incVals.netSendBytes += sent;
   return sent;
}

ssize_t MultiSocket::recv(void* buf, size_t len, int flags)
{
   const ssize_t received = connected().recv(buf, len, flags);
   stats->incVals.netRecvBytes += received;
   return received;
}

ssize_t MultiSocket::recvT(void* buf, size_t len, int flags, int timeoutMS)
{
   const ssize_t received = connected().recvT(buf, len, flags, timeoutMS);
   stats->incVals.netRecvBytes += received;
   return received;
}

void MultiSocket::checkConnection()
{
   connected().checkConnection();
}

ssize_t MultiSocket::nonblockingRecvCheck()
{
   return connected().nonblockingRecvCheck();
}

void MultiSocket::setBuffers(unsigned bufNum, unsigned bufSize)
{
   hasBuffers = true;
   this->bufNum = bufNum;
   this->bufSize = bufSize;
}

void MultiSocket::setTimeouts(int connectMS, int flowSendMS, int pollMS)
{
   hasTimeouts = true;
   this->connectMS = connectMS;
   this->flowSendMS = flowSendMS;
   this->pollMS = pollMS;
}

void MultiSocket::setTypeOfService(uint8_t typeOfService)
{
   hasTypeOfService = true;
   this->typeOfService = typeOfService;
}

void MultiSocket::setConnectionRejectionRate(unsigned rate)
{
   rejectionRate = rate;
}
