// What the descriptor promises to epoll, with which BeeGFS waits for requests.

#include "Support.h"

#include <set>

#include <fcntl.h>

static const TestCase unique("each socket has a descriptor of its own that never changes",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));

      std::set<int> numbers = {acceptor.socket().getFD()};
      std::vector<Connection> socks;
      for(int i = 0; i < 20; i++)
      {
         socks.push_back(acceptor.accept());
         CHECK(numbers.insert(socks.back()->getFD()).second);
      }
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));

      std::set<int> numbers;
      std::vector<Connection> socks;
      for(int i = 0; i < 20; i++)
      {
         socks.push_back(connectTo(port));
         const int fd = socks.back()->getFD();
         CHECK(fd >= 0);
         CHECK(numbers.insert(fd).second);
         sendText(*socks.back(), "x");
         CHECK_EQUAL(socks.back()->getFD(), fd);
      }
      side.tell("done");
   });

static const TestCase drained("a descriptor is not readable once the check has said \"empty\"",
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(int i = 0; i < 50; i++)
      {
         side.await("send");
         sendText(*sock, "0123456789");
      }
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);

      for(int i = 0; i < 50; i++)
      {
         CHECK_EQUAL(sock->nonblockingRecvCheck(), 0);
         CHECK(!isReadable(*sock, i < 3 ? 100 : 0));

         side.tell("send");
         CHECK(isReadable(*sock, 2000));
         CHECK(sock->nonblockingRecvCheck() > 0);
         CHECK(isReadable(*sock));

         receive(*sock, 4);
         CHECK(sock->nonblockingRecvCheck() > 0); // the rest is still there
         CHECK(isReadable(*sock, 1000));
         receive(*sock, 6);
      }
      side.tell("done");
   });

static const TestCase levelLike("setting a one-shot event anew reports data that is there already",
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(int i = 0; i < 3; i++)
      {
         side.await("send");
         sendText(*sock, "0123456789");
         side.tell("sent");
      }
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      OneShotEpoll epoll(*sock);
      CHECK(!epoll.wait(100));

      for(int i = 0; i < 3; i++)
      {
         CHECK_EQUAL(sock->nonblockingRecvCheck(), 0);
         epoll.rearm();
         CHECK(!epoll.wait(50));
         side.tell("send");
         side.await("sent");

         CHECK(epoll.wait(2000)); // the event that was waited for
         epoll.rearm();
         CHECK(epoll.wait(2000)); // nobody has read: again
         receive(*sock, 5);
         CHECK(sock->nonblockingRecvCheck() > 0);
         epoll.rearm();
         CHECK(epoll.wait(2000)); // half of it is still there
         receive(*sock, 5);
      }
      side.tell("done");
   });

static const TestCase immediate("the check finds a request that came while the last one was served",
   [](Side& side)
   {
      const Connection sock = meet(side);
      sendText(*sock, "first-");
      sendText(*sock, "second");
      side.tell("sent");
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("sent");
      pauseMS(50);
      CHECK(receive(*sock, 6) == "first-");
      CHECK(sock->nonblockingRecvCheck() > 0);
      CHECK(receive(*sock, 6) == "second");
      CHECK_EQUAL(sock->nonblockingRecvCheck(), 0);
      side.tell("done");
   });

static const TestCase endIsReadable("the peer's end makes the descriptor readable",
   [](Side& side)
   {
      Connection sock = meet(side);
      side.await("end");
      sock.reset();
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      CHECK_EQUAL(sock->nonblockingRecvCheck(), 0);
      OneShotEpoll epoll(*sock);
      side.tell("end");
      CHECK(epoll.wait(2000));
      throwsExactly<SocketDisconnectException>([&] { sock->nonblockingRecvCheck(); });
      side.tell("done");
   });

static const TestCase closed("deleting a socket closes its descriptor and ends its epoll events",
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("deleted");
      try
      {
         sendText(*sock, "too late");
      }
      catch(SocketException& e)
      {
         // nobody is there any more
      }
      side.tell("sent");
   },
   [](Side& side)
   {
      Connection sock = meet(side);
      OneShotEpoll epoll(*sock);
      const int fd = sock->getFD();
      sock.reset();
      CHECK_EQUAL(::fcntl(fd, F_GETFD), -1);

      side.tell("deleted");
      side.await("sent");
      CHECK(!epoll.wait(200));
   });

static const TestCase quietOthers("data for one connection wakes no other one",
   [](Side& side)
   {
      startTransport();
      std::vector<Connection> socks;
      for(int i = 0; i < 30; i++)
         socks.push_back(meetAgain(side));

      for(const Connection& sock : socks)
         sock->nonblockingRecvCheck();
      side.tell("ready");
      for(size_t i = 0; i < socks.size(); i++)
      {
         side.await("sent");
         for(size_t other = 0; other < socks.size(); other++)
            CHECK_EQUAL(isReadable(*socks[other], other == i ? 2000 : 0), other == i);
         receive(*socks[i], 3);
         CHECK_EQUAL(socks[i]->nonblockingRecvCheck(), 0);
         side.tell("next");
      }
   },
   [](Side& side)
   {
      startTransport();
      std::vector<Connection> socks;
      for(int i = 0; i < 30; i++)
         socks.push_back(meetAgain(side));

      side.await("ready");
      for(const Connection& sock : socks)
      {
         sendText(*sock, "abc");
         side.tell("sent");
         side.await("next");
      }
   });

/** Serves requests exactly as StreamListenerV2 and its workers do; an empty one is the last. */
static void serveLikeBeegfs(Side& side, const std::vector<std::string>& keys)
{
   const Connection sock = meet(side, keys);
   OneShotEpoll epoll(*sock);
   bool isLast = false;

   for(unsigned served = 0; !isLast; )
   {
      if(!epoll.wait(10000))
         FAIL("a wake-up was lost after " + std::to_string(served) + " requests");
      if(!sock->nonblockingRecvCheck())
      {
         epoll.rearm();
         continue;
      }

      do
      {
         const size_t len = numberAt(receive(*sock, 4), 0, 4);
         sendText(*sock, receive(*sock, len));
         served++;
         isLast = !len;
      }
      while(!isLast && sock->nonblockingRecvCheck()); // the immediate-data check

      epoll.rearm();
   }
   side.await("done");
}

/**
 * Requests with pauses of all lengths around the time in which the server falls asleep: this many,
 * or fewer on a machine that has something else to do.
 */
static void askLikeBeegfs(Side& side, const std::vector<std::string>& keys, int requests)
{
   const Connection sock = meet(side, keys);
   const Stopwatch total;
   uint64_t random = 88172645463325252;

   for(int i = 0; i < requests && total.ms() < 20000; i++)
   {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;

      const Stopwatch pause;
      while(pause.ms() * 1000 < double(random % 160))
         ; // sleeping would always be long

      const std::string data = randomBytes(1 + (random >> 32) % 600, random);
      sendText(*sock, number(data.size(), 4) + data);
      std::string answer(data.size(), '\0');
      sock->recvExactT(&answer[0], answer.size(), 0, 10000);
      CHECK(answer == data);
   }
   sendText(*sock, number(0, 4));
   side.tell("done");
}

static const TestCase wakeups("no wake-up is lost in many requests with pauses of all lengths",
   [](Side& side) { serveLikeBeegfs(side, {}); },
   [](Side& side) { askLikeBeegfs(side, {}, 20000); });

static const TestCase wakeupsWithoutPolling("no wake-up is lost where nobody polls",
   [](Side& side) { serveLikeBeegfs(side, {"connNTBPollUsecs=0"}); },
   [](Side& side) { askLikeBeegfs(side, {"connNTBPollUsecs=0"}, 5000); });

static const TestCase wakeupsWithSmallRing("no wake-up is lost with the smallest ring",
   [](Side& side) { serveLikeBeegfs(side, {}); },
   [](Side& side)
   {
      askLikeBeegfs(side, {"connNTBBufSize=4096", "connNTBBufNum=1"}, 5000);
   });
