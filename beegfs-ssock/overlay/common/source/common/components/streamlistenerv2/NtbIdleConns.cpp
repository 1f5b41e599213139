#include <common/app/log/LogContext.h>
#include <common/net/sock/Socket.h>
#include "NtbIdleConns.h"

#include <sys/epoll.h>

/**
 * Lets the listener know of the next byte.
 *
 * @return true if somebody else may own the connection now; false if it isn't in the epoll set, or
 * can't be armed, and is still the caller's.
 */
bool NtbIdleConns::arm(int epollFD, Socket* sock)
{
   struct epoll_event event = {};
   event.events = EPOLLIN | EPOLLONESHOT | EPOLLET; // as the listener does
   event.data.ptr = sock;

   const std::lock_guard<std::mutex> lock(mutex);

   conns.insert(sock);

   if(!epoll_ctl(epollFD, EPOLL_CTL_MOD, sock->getFD(), &event) )
      return true;

   conns.erase(sock);
   return false;
}

void NtbIdleConns::remove(Socket* sock)
{
   const std::lock_guard<std::mutex> lock(mutex);

   conns.erase(sock);
}

/**
 * Deletes what had no activity since the last call.
 */
void NtbIdleConns::dropInactive()
{
   const std::lock_guard<std::mutex> lock(mutex);

   for(auto iter = conns.begin(); iter != conns.end(); )
   {
      Socket* sock = *iter;

      if(sock->getHasActivity() )
      {
         sock->resetHasActivity();
         iter++;
         continue;
      }

      LogContext("StreamLisV2").log(Log_DEBUG,
         "Closing an idle connection over NTB: " + sock->getPeername() );

      iter = conns.erase(iter);
      delete(sock);
   }
}

void NtbIdleConns::dropAll()
{
   const std::lock_guard<std::mutex> lock(mutex);

   for(Socket* sock : conns)
      delete(sock);

   conns.clear();
}
