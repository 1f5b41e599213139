// What a TCP socket does with its descriptor; addresses are in StandardSocketAddr.cpp.

#include "common/app/AbstractApp.h"
#include "common/threading/PThread.h"
#include "StandardSocket.h"

#include <sys/epoll.h>

namespace
{
   constexpr int connectTimeoutMS = 5000;

   /** Like poll() for one descriptor: > 0 = ready, 0 = time is up; repeats after signals. */
   int waitFor(int fd, short events, int timeoutMS)
   {
      struct pollfd entry = {fd, events, 0};
      int ready;
      do
         ready = ::poll(&entry, 1, timeoutMS);
      while(ready == -1 && errno == EINTR);

      return ready;
   }
}

StandardSocket::~StandardSocket()
{
   if(epollFD != -1)
      ::close(epollFD);
   if(sock != -1)
      ::close(sock);
}

/** @throw SocketException */
void StandardSocket::openSocket(int domain, int type, int protocol, bool epoll)
{
   sock = ::socket(domain, type | SOCK_CLOEXEC, protocol);
   if(sock == -1)
      throw SocketException("Unable to create a socket: " + System::getErrString());

   if(epoll)
      openEpoll();
}

void StandardSocket::openEpoll()
{
   epollFD = ::epoll_create1(EPOLL_CLOEXEC);

   struct epoll_event event = {};
   event.events = EPOLLIN;
   if(epollFD == -1 || ::epoll_ctl(epollFD, EPOLL_CTL_ADD, sock, &event))
      throw SocketException("Unable to watch a socket: " + System::getErrString());
}

/** Connects within a bounded time; the descriptor blocks again afterwards. */
void StandardSocket::connectFD(const struct sockaddr* address, socklen_t addressLen)
{
   const int flags = ::fcntl(sock, F_GETFL);
   ::fcntl(sock, F_SETFL, flags | O_NONBLOCK);

   int error = ::connect(sock, address, addressLen) ? errno : 0;
   if(error == EINPROGRESS)
   {
      if(waitFor(sock, POLLOUT, connectTimeoutMS) <= 0)
         throw SocketConnectException("No answer within " +
            StringTk::intToStr(connectTimeoutMS) + " ms from " + peername);

      socklen_t errorLen = sizeof(error);
      ::getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &errorLen);
   }

   if(error)
      throw SocketConnectException("No connection to " + peername + ": " +
         System::getErrString(error));

   ::fcntl(sock, F_SETFL, flags);
}

/** @throw SocketException */
void StandardSocket::listen()
{
   AbstractApp* app = PThread::getCurrentThreadApp();
   const int backlog = app ? int(app->getCommonConfig()->getConnBacklogTCP() ) : 16;

   if(::listen(sock, backlog))
      throw SocketException("Unable to listen: " + System::getErrString());

   peername = "Listen(Port: " + StringTk::uintToStr(bindPort) + ")";
}

int StandardSocket::acceptFD(struct sockaddr* address, socklen_t* addressLen)
{
   const int fd = ::accept4(sock, address, addressLen, SOCK_CLOEXEC);
   if(fd == -1)
      throw SocketException("Unable to accept: " + System::getErrString());

   return fd;
}

void StandardSocket::shutdown()
{
   if(::shutdown(sock, SHUT_WR))
      throw SocketException("Unable to shut down: " + System::getErrString());
}

/** Says goodbye and reads until the peer does so, too; each read may take timeoutMS. */
void StandardSocket::shutdownAndRecvDisconnect(int timeoutMS)
{
   shutdown();

   try
   {
      for(char leftover[256]; ; )
         recvT(leftover, sizeof(leftover), 0, timeoutMS);
   }
   catch(SocketDisconnectException& e)
   {
      // this is what we waited for
   }
}

/** @throw SocketDisconnectException */
ssize_t StandardSocket::send(const void* buf, size_t len, int flags)
{
   for(size_t done = 0; done < len; )
   {
      const ssize_t sent = ::send(sock, static_cast<const char*>(buf) + done, len - done,
         flags | MSG_NOSIGNAL);
      if(sent >= 0)
         done += size_t(sent);
      else if(errno != EINTR)
         throw SocketDisconnectException("Send to " + peername + " failed: " +
            System::getErrString());
   }

   stats->incVals.netSendBytes += len;
   return ssize_t(len);
}

/** @throw SocketDisconnectException */
ssize_t StandardSocket::recv(void* buf, size_t len, int flags)
{
   ssize_t got;
   do
      got = ::recv(sock, buf, len, flags);
   while(got == -1 && errno == EINTR);

   if(got == 0)
      throw SocketDisconnectException("Closed by peer: " + peername);
   if(got < 0)
      throw SocketDisconnectException("Receive from " + peername + " failed: " +
         System::getErrString());

   stats->incVals.netRecvBytes += size_t(got);
   return got;
}

/**
 * @param timeoutMS -1 = wait for ever
 * @throw SocketTimeoutException, SocketDisconnectException
 */
ssize_t StandardSocket::recvT(void* buf, size_t len, int flags, int timeoutMS)
{
   struct epoll_event event;
   int ready;
   do
      ready = ::epoll_wait(epollFD, &event, 1, timeoutMS);
   while(ready == -1 && errno == EINTR);

   if(!ready)
      throw SocketTimeoutException("Nothing from " + peername + " within " +
         StringTk::intToStr(timeoutMS) + " ms");
   if(ready < 0)
      throw SocketException("Unable to wait for " + peername + ": " + System::getErrString());

   return recv(buf, len, flags);
}

void StandardSocket::setOption(int level, int option, int value, const char* name)
{
   if(::setsockopt(sock, level, option, &value, sizeof(value)))
      throw SocketException(std::string("Unable to set ") + name + ": " + System::getErrString());
}

void StandardSocket::setSoReuseAddr(bool enable)
{
   setOption(SOL_SOCKET, SO_REUSEADDR, enable, "address reuse");
}

/** @param size in bytes */
void StandardSocket::setSoRcvBuf(int size)
{
   setOption(SOL_SOCKET, SO_RCVBUF, size, "the receive buffer");
}

void StandardSocket::setLowLatency()
{
   setOption(IPPROTO_TCP, TCP_CORK, false, "cork");
   setOption(IPPROTO_TCP, TCP_NODELAY, true, "nodelay");
   setOption(SOL_SOCKET, SO_KEEPALIVE, true, "keepalive");
}

/** @throw SocketException if the kernel doesn't have or doesn't allow the algorithm */
void StandardSocket::setTcpCongestion(const std::string& name)
{
   if(::setsockopt(sock, IPPROTO_TCP, TCP_CONGESTION, name.c_str(), socklen_t(name.size())))
      throw SocketException("Unable to set congestion control to " + name + ": " +
         System::getErrString());
}

std::string StandardSocket::getTcpCongestion()
{
   char name[32] = "";
   socklen_t nameLen = sizeof(name) - 1;
   return ::getsockopt(sock, IPPROTO_TCP, TCP_CONGESTION, name, &nameLen) ? "unknown" : name;
}
