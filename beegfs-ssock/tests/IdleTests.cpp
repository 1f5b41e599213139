// The connections that wait in a listener's epoll set because a worker has put them there.

#include "Support.h"

#include "common/components/streamlistenerv2/NtbIdleConns.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace {

/** An epoll set as a listener has it. */
class Listener
{
   public:
      Listener() : epollFD(epoll_create1(EPOLL_CLOEXEC) ) { CHECK(epollFD >= 0); }
      ~Listener() { close(epollFD); }

      void add(Socket& sock)
      {
         struct epoll_event event = {};
         event.events = EPOLLIN | EPOLLONESHOT | EPOLLET;
         event.data.ptr = &sock;
         CHECK_EQUAL(epoll_ctl(epollFD, EPOLL_CTL_ADD, sock.getFD(), &event), 0);
      }

      /** @return whose event comes within the time; NULL: nobody's */
      Socket* wait(int timeoutMS)
      {
         struct epoll_event event;
         const int num = epoll_wait(epollFD, &event, 1, timeoutMS);
         return (num == 1) ? static_cast<Socket*>(event.data.ptr) : NULL;
      }

      const int epollFD;
};

/** Eats the event of a descriptor that was readable when it was added. */
void settle(Listener& listener, RDMASocket& sock)
{
   while(listener.wait(0) )
      ;
   checkQuiet(sock);
}

/** What a listener hands to workers. */
class Queue
{
   public:
      void push(RDMASocket* sock)
      {
         const std::lock_guard<std::mutex> lock(mutex);
         socks.push_back(sock);
         changed.notify_one();
      }

      /** @return NULL at the end */
      RDMASocket* pop()
      {
         std::unique_lock<std::mutex> lock(mutex);
         changed.wait(lock, [&] { return !socks.empty(); });
         RDMASocket* sock = socks.front();
         socks.pop_front();
         return sock;
      }

   private:
      std::mutex mutex;
      std::condition_variable changed;
      std::deque<RDMASocket*> socks;
};

/** A worker: takes a request of three bytes, answers, and arms the listener's epoll set itself. */
void work(Queue& queue, NtbIdleConns& conns, int epollFD)
{
   while(RDMASocket* sock = queue.pop() )
   {
      const std::string text = receive(*sock, 3);
      sock->setHasActivity();
      sendText(*sock, text);
      CHECK(conns.arm(epollFD, sock) );
   }
}

const int NUM_CONNS = 4;
const int NUM_REQUESTS = 500; // of each connection

} // namespace

static const TestCase armed("a connection that a worker arms has one event for the next request",
   [](Side& side)
   {
      const Connection sock = meet(side);
      Listener listener;
      NtbIdleConns conns;

      // the listener has not had it yet: the pipe is its way there
      CHECK(!conns.arm(listener.epollFD, sock.get() ) );

      listener.add(*sock);
      settle(listener, *sock);

      for(int i = 0; i < 40; i++)
      {
         CHECK(conns.arm(listener.epollFD, sock.get() ) );
         side.tell("send");
         CHECK(listener.wait(5000) == sock.get() );
         CHECK(!listener.wait(1) );

         while(!sock->nonblockingRecvCheck() ) // a doorbell that came late
         {
            CHECK(conns.arm(listener.epollFD, sock.get() ) );
            CHECK(listener.wait(5000) == sock.get() );
         }

         conns.remove(sock.get() );
         CHECK(receive(*sock, 3) == "abc");
         settle(listener, *sock);
      }
      side.tell("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      while(side.hear() == "send")
         sendText(*sock, "abc");
   });

static const TestCase dropped("idle connections are closed after two checks, and all of them in the end",
   [](Side& side)
   {
      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      for(int i = 1; i < 4; i++)
         socks.push_back(meetAgain(side) );

      Listener listener;
      NtbIdleConns conns;
      std::vector<RDMASocket*> owned;

      for(Connection& sock : socks)
      {
         listener.add(*sock);
         settle(listener, *sock);
         sock->setHasActivity();
         CHECK(conns.arm(listener.epollFD, sock.get() ) );
         owned.push_back(sock.release() );
      }

      conns.dropInactive(); // nothing: each of them had activity
      owned[2]->setHasActivity();
      const Connection mine(owned[3]); // back to a worker
      conns.remove(mine.get() );

      conns.dropInactive();
      side.tell("checked");
      side.await("0 1");

      conns.dropAll();
      side.tell("dropped");
      side.await("0 1 2");
   },
   [](Side& side)
   {
      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      for(int i = 1; i < 4; i++)
         socks.push_back(meetAgain(side) );

      const auto closed = [&]
      {
         std::string numbers;
         for(size_t i = 0; i < socks.size(); i++)
         {
            try
            {
               socks[i]->nonblockingRecvCheck();
            }
            catch(SocketDisconnectException&)
            {
               numbers += (numbers.empty() ? "" : " ") + std::to_string(i);
            }
         }
         return numbers;
      };

      for(const auto& [step, wanted] : {std::pair("checked", "0 1"), std::pair("dropped", "0 1 2")} )
      {
         side.await(step);
         for(int i = 0; (i < 500) && (closed() != wanted); i++)
            pauseMS(10);
         side.tell(closed() );
      }
   });

static const TestCase threads("workers arm connections while their listener takes and checks others",
   [](Side& side)
   {
      Listener listener;
      NtbIdleConns conns;
      Queue queue;

      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      while(socks.size() < NUM_CONNS)
         socks.push_back(meetAgain(side) );

      for(Connection& sock : socks)
      {
         listener.add(*sock);
         settle(listener, *sock);
         sock->setHasActivity();
         CHECK(conns.arm(listener.epollFD, sock.release() ) );
      }

      std::vector<std::thread> workers;
      for(int i = 0; i < 2; i++)
         workers.emplace_back(work, std::ref(queue), std::ref(conns), listener.epollFD);

      side.tell("go");

      int numServed = 0;
      std::set<Socket*> active; // since the last check: none of them may be closed by the next one
      for(int numOpen = NUM_CONNS; numOpen; )
      {
         auto* sock = static_cast<RDMASocket*>(listener.wait(5000) );
         CHECK(sock);
         conns.remove(sock);

         try
         {
            if(!sock->nonblockingRecvCheck() )
            {
               CHECK(conns.arm(listener.epollFD, sock) );
               continue;
            }
         }
         catch(SocketDisconnectException&)
         {
            delete(sock);
            numOpen--;
            continue;
         }

         numServed++;
         active.insert(sock);
         if(active.size() == NUM_CONNS)
         {
            conns.dropInactive();
            active.clear();
         }
         queue.push(sock);
      }

      for(size_t i = 0; i < workers.size(); i++)
         queue.push(NULL);
      for(std::thread& worker : workers)
         worker.join();

      CHECK_EQUAL(numServed, NUM_CONNS * NUM_REQUESTS);
   },
   [](Side& side)
   {
      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      while(socks.size() < NUM_CONNS)
         socks.push_back(meetAgain(side) );

      side.await("go");
      for(int i = 0; i < NUM_REQUESTS; i++)
      {
         for(Connection& sock : socks)
            sendText(*sock, std::to_string(100 + i) );
         for(Connection& sock : socks)
            CHECK(receive(*sock, 3) == std::to_string(100 + i) );
      }
   });

static const TestCase crowd("several threads arm and remove connections at once, and none is lost",
   [](Side& side)
   {
      Listener listener;
      NtbIdleConns conns;

      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      while(socks.size() < NUM_CONNS)
         socks.push_back(meetAgain(side) );

      for(Connection& sock : socks)
      {
         listener.add(*sock);
         settle(listener, *sock);
      }

      // without the mutex, this ends in a crash; requests over the connections hardly ever meet there
      std::vector<std::thread> threads;
      for(Connection& sock : socks)
         threads.emplace_back([&]
            {
               for(int i = 0; i < 100000; i++)
               {
                  CHECK(conns.arm(listener.epollFD, sock.get() ) );
                  conns.remove(sock.get() );
               }
               CHECK(conns.arm(listener.epollFD, sock.get() ) );
            });
      for(std::thread& thread : threads)
         thread.join();

      for(Connection& sock : socks)
         sock.release();
      conns.dropAll();
      side.tell("dropped");
      side.await("all");
   },
   [](Side& side)
   {
      std::vector<Connection> socks;
      socks.push_back(meet(side) );
      while(socks.size() < NUM_CONNS)
         socks.push_back(meetAgain(side) );

      side.await("dropped");
      for(Connection& sock : socks)
         throwsExactly<SocketDisconnectException>([&] { receive(*sock, 1); });
      side.tell("all");
   });
