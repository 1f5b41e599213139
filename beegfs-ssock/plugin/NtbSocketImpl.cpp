#include "NtbSocketImpl.h"

#include "PeerAddress.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <stdexcept>
#include <type_traits>

using ntb::ffi::IoKind;
using ntb::ffi::IoOutcome;

#ifdef NTB_HAVE_SOCKETADDRESS

/**
 * Socket::isIPv6Available() by its symbol, which daemons up to 8.1 lack. Should this be loaded by one
 * of them, it has to load nevertheless, to refuse the daemon with a reason: a symbol that is missing
 * would stop the loader before that.
 */
__attribute__((weak) ) bool isIPv6AvailableInDaemon() asm("_ZN6Socket15isIPv6AvailableEv");

static_assert(std::is_same<decltype(&Socket::isIPv6Available), bool (*)()>::value,
   "the declaration above has to be that of BeeGFS");

#endif

namespace {

const int DEFAULT_CONNECT_MS = 2000;
const int DEFAULT_FLOWSEND_MS = 180000;

/**
 * Only subclasses of SocketException may leave a socket: anything else takes the daemon down.
 *
 * @throw SocketException or a subclass, unless the outcome is good
 */
void throwUnlessDone(const IoOutcome& outcome, const std::string& peername)
{
   if(outcome.kind == IoKind::Done)
      return;

   std::string text(outcome.text);
   if(!peername.empty() )
      text += ". Peer: " + peername;

   switch(outcome.kind)
   {
      case IoKind::TimedOut: throw SocketTimeoutException(text);
      case IoKind::Disconnected: throw SocketDisconnectException(text);
      case IoKind::NotConnected: throw SocketConnectException(text);
      default: throw SocketException(text);
   }
}

std::array<uint8_t, 16> toBridgeIP(const uint8_t (&ip)[16])
{
   std::array<uint8_t, 16> copy;
   std::copy(std::begin(ip), std::end(ip), copy.begin() );
   return copy;
}

ntb::ffi::PeerAddress toBridge(const NtbSocket::PeerAddr& peer)
{
   ntb::ffi::PeerAddress address;
   address.ip = toBridgeIP(peer.ip);
   address.port = peer.port;
   return address;
}

bool isMappedIPv4(const std::array<uint8_t, 16>& ip)
{
   return !memcmp(ip.data(), MAPPED_IPV4, sizeof(MAPPED_IPV4) );
}

/**
 * The address as callers of accept() expect it. They can only read the families they know.
 *
 * @param outLen in: room at out; out: size of the address
 */
void toSockaddr(const ntb::ffi::PeerAddress& peer, struct sockaddr* out, socklen_t* outLen)
{
   struct sockaddr_in in = {};
   struct sockaddr_in6 in6 = {};
   const void* source = &in6;
   socklen_t sourceLen = sizeof(in6);

   if(isMappedIPv4(peer.ip) )
   {
      in.sin_family = AF_INET;
      in.sin_port = htons(peer.port);
      memcpy(&in.sin_addr, peer.ip.data() + sizeof(MAPPED_IPV4), sizeof(in.sin_addr) );
      source = &in;
      sourceLen = sizeof(in);
   }
   else
   {
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(peer.port);
      memcpy(&in6.sin6_addr, peer.ip.data(), sizeof(in6.sin6_addr) );
   }

   if(!out || !outLen)
      return;

   memcpy(out, source, std::min(*outLen, sourceLen) );
   *outLen = sourceLen;
}

/**
 * Whether the daemon uses IPv6, for its TCP sockets and so for ours: it may be switched off by the
 * configuration (connDisableIPv6) or by the host.
 */
bool mayUseIPv6()
{
#ifdef NTB_HAVE_SOCKETADDRESS
   try
   {
      // where it is missing, nothing opens a socket of ours
      return !isIPv6AvailableInDaemon || isIPv6AvailableInDaemon();
   }
   catch(std::runtime_error&)
   {
      return true; // this program hasn't found out
   }
#else
   return false;
#endif
}

int startTransport(const NtbSocket::Settings* settings, std::string* outError)
{
   ntb::ffi::Settings bridged;
   bridged.library = rust::String::lossy(settings->library);
   bridged.adapter = settings->adapter;
   bridged.buf_size = settings->bufSize;
   bridged.buf_num = settings->bufNum;
   bridged.memory_limit = uint64_t(settings->memoryLimitMiB) << 20;
   bridged.poll_micros = std::max(settings->pollUsecs, 0);
   bridged.poll_share = settings->pollShare;
   bridged.interrupts = settings->interrupts;
   bridged.tuning_file = rust::String::lossy(settings->tuningFile ? settings->tuningFile : "");
   bridged.connect_millis = settings->connectMS > 0 ? settings->connectMS : DEFAULT_CONNECT_MS;
   bridged.send_millis = settings->flowSendMS > 0 ? settings->flowSendMS : DEFAULT_FLOWSEND_MS;
   bridged.retry_secs = settings->retrySecs;
   bridged.auth_hash = settings->authHash;
   bridged.process = rust::String::lossy(settings->processName ? settings->processName : "");

   const IoOutcome outcome = ntb::ffi::start(bridged);
   *outError = std::string(outcome.text);

   switch(outcome.kind)
   {
      case IoKind::Done: return NtbSocket::Start_OK;
      case IoKind::NoLibrary: return NtbSocket::Start_NOLIBRARY;
      case IoKind::BadSetting: return NtbSocket::Start_BADSETTING;
      default: return NtbSocket::Start_FAILED;
   }
}

bool isPeerReachable(const NtbSocket::PeerAddr* peer)
{
   return ntb::ffi::reachable(toBridge(*peer), toBridgeIP(peer->sourceIP) );
}

NtbSocket* createSocket()
{
   return new NtbSocketImpl();
}

} // namespace

NtbSocket::ImplCallbacks beegfs_ntb_impl =
{
   NTB_SOCKET_ABI_VERSION,
   sizeof(NtbSocket::Settings),
   startTransport,
   createSocket,
   isPeerReachable,
};


NtbSocketImpl::NtbSocketImpl() :
   endpoint(ntb::ffi::new_endpoint() ), listener(ntb::ffi::new_listener() )
{
   sockType = NICADDRTYPE_NTB;
}

int NtbSocketImpl::getFD() const
{
   return isListener ? listener->fd() : endpoint->fd();
}

bool NtbSocketImpl::tryConnect(const PeerAddr& peer, std::string* outReason, bool* outReasonIsNew)
{
   const IoOutcome outcome = endpoint->connect_from(toBridge(peer),
      toBridgeIP(peer.sourceIP), *outReasonIsNew);
   if(outcome.kind == IoKind::Done)
   {
      notePeer();
      return true;
   }

   *outReason = std::string(outcome.text);
   return false;
}

/**
 * @throw SocketConnectException
 */
void NtbSocketImpl::connectOrThrow(const PeerAddr& peer)
{
   std::string reason;
   bool reasonIsNew;
   if(!tryConnect(peer, &reason, &reasonIsNew) )
      throw SocketConnectException("Unable to connect over NTB: " + reason);
}

void NtbSocketImpl::connect(const char* hostname, unsigned short port)
{
   struct addrinfo hints = {};
   hints.ai_socktype = SOCK_STREAM;
   hints.ai_family = mayUseIPv6() ? AF_UNSPEC : AF_INET;

   struct addrinfo* found = NULL;
   const int error = getaddrinfo(hostname, NULL, &hints, &found);
   if(error)
      throw SocketConnectException(std::string("Unable to resolve ") + hostname + ": " +
         gai_strerror(error) );

   const std::unique_ptr<struct addrinfo, void (*)(struct addrinfo*)> guard(found, freeaddrinfo);
   PeerAddr peer = peerFromSockaddr(found->ai_addr);
   peer.port = port;
   peername = std::string(hostname) + ":" + std::to_string(port);
   connectOrThrow(peer);
}

void NtbSocketImpl::listen()
{
   throwUnlessDone(listener->listen(listenPort, mayUseIPv6() ), "");
   isListener = true;
   peername = "Listen(Port: " + std::to_string(listenPort) + ")";
}

void NtbSocketImpl::shutdown()
{
   endpoint->shutdown();
}

/**
 * The peer is told at once, and this object is deleted next, so there is nothing to wait for.
 */
void NtbSocketImpl::shutdownAndRecvDisconnect(int timeoutMS)
{
   endpoint->shutdown();
}

#ifdef NTB_HAVE_SOCKETADDRESS

void NtbSocketImpl::connect(const SocketAddress& address)
{
   connectOrThrow(peerFromAddress(address) );
}

/**
 * Remembers the port for listen(). There is nothing to bind before a connect: bytes leave through
 * the adapter, and the control channel takes the route to the peer.
 */
void NtbSocketImpl::bindToAddr(const SocketAddress& address)
{
   bindIP = address.addr;
   bindPort = address.port;
   listenPort = address.port;
}

Socket* NtbSocketImpl::accept(struct sockaddr_storage* outAddress, socklen_t* outLen)
{
   return acceptNext( (struct sockaddr*)outAddress, outLen);
}

ssize_t NtbSocketImpl::sendto(const void* buf, size_t len, int flags, const SocketAddress* to)
{
   return send(buf, len, flags);
}

#else

void NtbSocketImpl::connect(const struct sockaddr* address, socklen_t addressLen)
{
   if(addressLen < sizeof(struct sockaddr_in) )
      throw SocketConnectException("NTB: address too short");

   connectOrThrow(peerFromSockaddr(address) );
}

/**
 * Remembers the port for listen(). There is nothing to bind before a connect: bytes leave through
 * the adapter, and the control channel takes the route to the peer.
 */
void NtbSocketImpl::bindToAddr(in_addr_t ipAddr, unsigned short port)
{
   #ifdef NTB_HAVE_BINDIP
   bindIP.s_addr = ipAddr;
   bindPort = port;
   #endif
   listenPort = port;
}

Socket* NtbSocketImpl::accept(struct sockaddr* outAddress, socklen_t* outLen)
{
   return acceptNext(outAddress, outLen);
}

ssize_t NtbSocketImpl::sendto(const void* buf, size_t len, int flags, const struct sockaddr* to,
   socklen_t toLen)
{
   return send(buf, len, flags);
}

#endif

/**
 * @return NULL if no connection waits, which is no error
 * @throw SocketException also with a peer that the listener has turned away lately: once for each
 *    host and kind of reason
 */
Socket* NtbSocketImpl::acceptNext(struct sockaddr* outAddress, socklen_t* outLen)
{
   std::unique_ptr<NtbSocketImpl> sock(new NtbSocketImpl() );
   const IoOutcome outcome = listener->accept(*sock->endpoint);
   throwUnlessDone(outcome, ""); // it names the peer

   if(!outcome.bytes)
      return NULL; // somebody else's event; not an error

   if(rejectionRate && !(++numAccepted % rejectionRate) )
      return NULL; // a test wants connections to be dropped

   sock->notePeer();
   toSockaddr(sock->endpoint->peer(), outAddress, outLen);
   return sock.release();
}

#ifdef BEEGFS_NVFS

ssize_t NtbSocketImpl::read(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
   unsigned rkey)
{
   throw SocketException("NTB sockets have no remote DMA of GPU memory");
}

ssize_t NtbSocketImpl::write(const void* buf, size_t len, unsigned lkey, const uint64_t rbuf,
   unsigned rkey)
{
   throw SocketException("NTB sockets have no remote DMA of GPU memory");
}

#endif

ssize_t NtbSocketImpl::send(const void* buf, size_t len, int flags)
{
   const rust::Slice<const uint8_t> data( (const uint8_t*)buf, len);
   const IoOutcome outcome = endpoint->send(data);

   // a peer that takes nothing is as good as gone; callers know no other way for a send to fail
   if(outcome.kind == IoKind::TimedOut)
      throw SocketDisconnectException(std::string(outcome.text) + ". Peer: " + peername);

   throwUnlessDone(outcome, peername);
   stats->incVals.netSendBytes += len;
   return len;
}

ssize_t NtbSocketImpl::recv(void* buf, size_t len, int flags)
{
   return receive(buf, len, -1);
}

ssize_t NtbSocketImpl::recvT(void* buf, size_t len, int flags, int timeoutMS)
{
   return receive(buf, len, timeoutMS);
}

/**
 * @param timeoutMS negative: no limit
 * @return at least 1, unless len is 0: callers loop until they have what they want
 */
ssize_t NtbSocketImpl::receive(void* buf, size_t len, int64_t timeoutMS)
{
   const rust::Slice<uint8_t> buffer( (uint8_t*)buf, len);
   const IoOutcome outcome = endpoint->recv(buffer, timeoutMS);

   throwUnlessDone(outcome, peername);
   stats->incVals.netRecvBytes += outcome.bytes;
   return outcome.bytes;
}

void NtbSocketImpl::expect(uint64_t bytes)
{
   endpoint->expect(bytes);
}

/**
 * What has not come yet, or lies across the end of the ring, is copied as it comes: so the caller
 * always gets all it asks for, and its system calls are the same with any socket.
 */
ssize_t NtbSocketImpl::recvInPlaceT(char* buf, size_t len, int timeoutMS, char** outData)
{
   *outData = buf;

   if(!len)
      return 0;

   const ntb::ffi::LentOutcome lent = endpoint->recv_in_place(len, timeoutMS);
   throwUnlessDone(lent.outcome, peername);

   if(!lent.address)
      return recvExactT(buf, len, 0, timeoutMS);

   *outData = (char*)lent.address;
   stats->incVals.netRecvBytes += len;
   return len;
}

void NtbSocketImpl::checkConnection()
{
   nonblockingRecvCheck();
}

/**
 * @return number of bytes that can be received without waiting; if 0, the descriptor is no longer
 * readable and becomes so with the next byte
 */
ssize_t NtbSocketImpl::nonblockingRecvCheck()
{
   return readableOrThrow(endpoint->readable() );
}

ssize_t NtbSocketImpl::recvCheckAtOnce()
{
   return readableOrThrow(endpoint->readable_at_once() );
}

ssize_t NtbSocketImpl::readableOrThrow(const IoOutcome& outcome) const
{
   throwUnlessDone(outcome, peername);
   return outcome.bytes;
}

bool NtbSocketImpl::checkDelayedEvents()
{
   return listener->pending();
}

void NtbSocketImpl::setConnectionRejectionRate(unsigned rate)
{
   rejectionRate = rate;
}

/**
 * Keeps the peer's address where BeeGFS looks for it.
 */
void NtbSocketImpl::notePeer()
{
   const ntb::ffi::PeerAddress peer = endpoint->peer();

#ifdef NTB_HAVE_SOCKETADDRESS
   peerIP = IPAddress(peer.ip);
#else
   memcpy(&peerIP.s_addr, peer.ip.data() + sizeof(MAPPED_IPV4), sizeof(peerIP.s_addr) );
#endif

   if(peername.empty() )
      peername = std::string(endpoint->peer_text() );
}
