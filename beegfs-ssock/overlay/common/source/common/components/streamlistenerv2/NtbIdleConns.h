#pragma once

#include <mutex>
#include <unordered_set>

class Socket;

/**
 * The connections over NTB that wait in a listener's epoll set and that a worker has put there. The
 * listener's own list of what waits may only be used by the listener's thread; this one by all.
 *
 * Whoever arms a connection here doesn't own it afterwards. What waits here is deleted by the
 * listener only (its thread, or its end), and not while it is being armed.
 */
class NtbIdleConns
{
   public:
      bool arm(int epollFD, Socket* sock);
      void remove(Socket* sock);
      void dropInactive();
      void dropAll();

   private:
      std::mutex mutex; // protects conns, and each of them until it is armed
      std::unordered_set<Socket*> conns;
};
