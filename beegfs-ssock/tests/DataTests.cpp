// What send and receive promise.

#include "Support.h"

#include "common/toolkit/StreamHash.h"

#include <thread>

static const TestCase timeouts("a receive without data ends with a timeout exception, in time",
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      char byte;

      for(const int timeoutMS : {0, 1, 50, 400})
      {
         const Stopwatch watch;
         throwsExactly<SocketTimeoutException>([&] { sock->recvT(&byte, 1, 0, timeoutMS); });
         CHECK(watch.ms() >= timeoutMS - 1);
         CHECK(watch.ms() < timeoutMS + 1000);
      }

      side.tell("done");
   });

static const TestCase endless("a receive with time -1, and one without time, wait until data comes",
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(int i = 0; i < 2; i++)
      {
         side.await("next");
         pauseMS(300);
         sendText(*sock, "x");
      }
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      char byte;

      const Stopwatch first;
      side.tell("next");
      CHECK_EQUAL(sock->recvT(&byte, 1, 0, -1), 1);
      CHECK(first.ms() > 200);

      const Stopwatch second;
      side.tell("next");
      CHECK_EQUAL(sock->recv(&byte, 1, 0), 1);
      CHECK(second.ms() > 200);
      side.tell("done");
   });

static const TestCase partial("a receive returns what is there, at least one byte",
   [](Side& side)
   {
      const Connection sock = meet(side);
      sendText(*sock, "hello");
      side.tell("sent");
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      char buf[100];

      side.await("sent");
      pauseMS(50);
      CHECK_EQUAL(sock->recvT(buf, 2, 0, 1000), 2);
      CHECK_EQUAL(sock->recvT(buf + 2, sizeof(buf) - 2, 0, 1000), 3);
      CHECK(std::string(buf, 5) == "hello");
      side.tell("done");
   });

static const TestCase sizes("sends of 0 bytes to 16 MiB arrive unchanged in both directions",
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(std::string line; (line = side.hear()) != "done"; )
      {
         const std::string got = receive(*sock, std::stoul(line));
         sendText(*sock, got);
         side.tell(std::to_string(StreamHash::of(got.data(), got.size())));
      }
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(const size_t len : {size_t(0), size_t(1), size_t(7), size_t(40), size_t(127),
         size_t(128), size_t(129), size_t(4096), size_t(65535), size_t(65536), size_t(65537),
         size_t(1) << 20, (size_t(1) << 20) + 1, (size_t(16) << 20) - 3, size_t(16) << 20})
      {
         const std::string data = randomBytes(len, len);
         side.tell(std::to_string(len));
         sendText(*sock, data);
         const bool isSame = receive(*sock, len) == data;
         CHECK(isSame);
         side.await(std::to_string(StreamHash::of(data.data(), len)));
      }
      side.tell("done");
   });

static const TestCase reuse("a buffer may be changed as soon as send returns",
   [](Side& side)
   {
      const Connection sock = meet(side);
      for(size_t i = 0; i < 500; i++)
      {
         const std::string got = receive(*sock, 20000);
         CHECK(got == std::string(20000, char(i)));
      }
      side.tell("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      std::string data(20000, '\0');
      for(size_t i = 0; i < 500; i++)
      {
         std::fill(data.begin(), data.end(), char(i));
         sendText(*sock, data);
         std::fill(data.begin(), data.end(), '!');
      }
      side.await("done");
   });

static const TestCase backpressure("a sender waits for a slow receiver and loses nothing",
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("sending");
      pauseMS(500); // far more than the ring is under way by now

      StreamHash hash;
      for(size_t done = 0; done < 64 << 20; done += 1 << 20)
      {
         const std::string part = receive(*sock, 1 << 20);
         hash.update(part.data(), part.size());
      }
      side.tell(std::to_string(hash.finish()));
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      const std::string data = randomBytes(64 << 20, 3);

      const Stopwatch watch;
      side.tell("sending");
      CHECK_EQUAL(sock->send(data.data(), data.size(), 0), ssize_t(data.size()));
      CHECK(watch.ms() > 300);
      side.await(std::to_string(StreamHash::of(data.data(), data.size())));
   });

static const TestCase flowTimeout("a send to a receiver that takes nothing fails in the set time",
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side, {"connNTBTimeouts=0,500"});
      const std::string data(64 << 20, 'x');

      const Stopwatch watch;
      throwsExactly<SocketDisconnectException>([&] { sock->send(data.data(), data.size(), 0); });
      CHECK(watch.ms() >= 450);
      CHECK(watch.ms() < 3000);
      side.tell("done");
   });

static const TestCase statistics("sockets count their bytes where setStats says, and only there",
   [](Side& side)
   {
      const Connection sock = meet(side);
      const std::string got = receive(*sock, 1000);
      sendText(*sock, got + got + got);
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      HighResolutionStats first, second;

      sock->setStats(&first);
      sock->send(std::string(300, 'a').data(), 300, 0);
      sendText(*sock, std::string(700, 'b'));
      CHECK_EQUAL(first.incVals.netSendBytes, 1000u);
      CHECK_EQUAL(first.incVals.netRecvBytes, 0u);

      sock->setStats(&second);
      receive(*sock, 1000);
      CHECK_EQUAL(second.incVals.netRecvBytes, 1000u);
      char buf[500];
      sock->recvExact(buf, sizeof(buf), 0);
      CHECK_EQUAL(second.incVals.netRecvBytes, 1500u);

      sock->unsetStats();
      receive(*sock, 1500);
      CHECK_EQUAL(second.incVals.netRecvBytes, 1500u);
      CHECK_EQUAL(second.incVals.netSendBytes, 0u);
      CHECK_EQUAL(first.incVals.netSendBytes, 1000u);
      side.tell("done");
   });

static const TestCase goodbye("after the peer's shutdown its data comes, then an exception, never 0",
   [](Side& side)
   {
      const Connection sock = meet(side);
      sendText(*sock, "last words");
      sock->shutdown();
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      CHECK(receive(*sock, 10) == "last words");

      char byte;
      throwsExactly<SocketDisconnectException>([&] { sock->recvT(&byte, 1, 0, 2000); });
      throwsExactly<SocketDisconnectException>([&] { sock->recv(&byte, 1, 0); });
      throwsExactly<SocketDisconnectException>([&] { sock->nonblockingRecvCheck(); });
      side.tell("done");
   });

static const TestCase deletion("deleting a socket is an end for the peer, after all data",
   [](Side& side)
   {
      Connection sock = meet(side);
      sendText(*sock, std::string(100000, 'z'));
      sock->shutdownAndRecvDisconnect(500);
      sock.reset();
      side.await("done");
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      pauseMS(100);
      CHECK(receive(*sock, 100000) == std::string(100000, 'z'));

      char byte;
      throwsExactly<SocketDisconnectException>([&] { sock->recvT(&byte, 1, 0, 2000); });
      side.tell("done");
   });

static const TestCase unconnected("a socket without connection throws and does nothing else",
   [](Side& side)
   {
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      const Connection sock = NtbSocket::create();
      char byte = 0;

      CHECK(sock->getSockType() == NICADDRTYPE_NTB);
      for(const auto& use : std::vector<std::function<void()>>{
         [&] { sock->send(&byte, 1, 0); },
         [&] { sock->recv(&byte, 1, 0); },
         [&] { sock->recvT(&byte, 1, 0, 10); },
         [&] { sock->nonblockingRecvCheck(); }})
         throwsSocketException(use);
      side.tell("done");
   });

static const TestCase threads("a socket may go from thread to thread, and threads use theirs at once",
   [](Side& side)
   {
      startTransport();
      std::vector<Connection> socks;
      for(int i = 0; i < 8; i++)
         socks.push_back(meetAgain(side));

      for(const Connection& sock : socks)
         for(int i = 0; i < 200; i++)
         {
            // each request by another thread, as BeeGFS's workers take them
            std::thread([&] { sendText(*sock, receive(*sock, 777)); }).join();
         }
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      std::vector<Connection> socks;
      for(int i = 0; i < 8; i++)
         socks.push_back(meetAgain(side));

      std::vector<int> right(socks.size());
      std::vector<std::thread> users;
      for(size_t user = 0; user < socks.size(); user++)
         users.emplace_back([&, user]
         {
            for(uint64_t i = 0; i < 200; i++)
            {
               const std::string data = randomBytes(777, user * 1000 + i);
               sendText(*socks[user], data);
               std::string answer(data.size(), '\0');
               socks[user]->recvExactT(&answer[0], answer.size(), 0, 60000);
               right[user] += answer == data;
            }
         });
      for(std::thread& user : users)
         user.join();

      for(const int count : right)
         CHECK_EQUAL(count, 200);
      side.tell("done");
   });
