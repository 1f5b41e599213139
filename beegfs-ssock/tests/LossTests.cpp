// Peers that vanish, stay silent, or send what they should not.

#include "Support.h"

#include <signal.h>
#include <sys/wait.h>

/** Dies without a word when the client says so. */
static void dieOnRequest(Side& side)
{
   const Connection sock = meet(side);
   sendText(*sock, "last words");
   side.await("die");
   ::kill(::getpid(), SIGKILL);
}

static const TestCase lostReceive("a receive ends within a second when the peer is killed",
   dieOnRequest,
   [](Side& side)
   {
      const Connection sock = meet(side);
      CHECK(receive(*sock, 10) == "last words");
      side.tell("die");
      side.awaitEnd();

      const Stopwatch watch;
      char byte;
      throwsExactly<SocketDisconnectException>([&] { sock->recvT(&byte, 1, 0, 10000); });
      CHECK(watch.ms() < 1000);
      throwsExactly<SocketDisconnectException>([&] { sock->nonblockingRecvCheck(); });
   },
   ServerEnd::IsKilled);

static const TestCase lostData("what arrived before the peer was killed is not lost",
   dieOnRequest,
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.tell("die");
      side.awaitEnd();
      CHECK(receive(*sock, 10) == "last words");

      char byte;
      throwsExactly<SocketDisconnectException>([&] { sock->recvT(&byte, 1, 0, 10000); });
   },
   ServerEnd::IsKilled);

static const TestCase lostSend("a blocked send ends within a second when the peer is killed",
   [](Side& side)
   {
      const Connection sock = meet(side);
      side.await("sending");
      pauseMS(500);
      side.tell("dying");
      ::kill(::getpid(), SIGKILL);
   },
   [](Side& side)
   {
      const Connection sock = meet(side);
      const std::string data(64 << 20, 'x');
      side.tell("sending");

      const Stopwatch watch;
      throwsExactly<SocketDisconnectException>([&] { sock->send(data.data(), data.size(), 0); });
      CHECK(watch.ms() < 1600); // half a second of it the peer still lived
      side.await("dying");
   },
   ServerEnd::IsKilled);

static const TestCase lostEpoll("the death of the peer makes the descriptor readable within a second",
   dieOnRequest,
   [](Side& side)
   {
      const Connection sock = meet(side);
      receive(*sock, 10);
      CHECK_EQUAL(sock->nonblockingRecvCheck(), 0);
      OneShotEpoll epoll(*sock);
      side.tell("die");
      side.awaitEnd();

      const Stopwatch watch;
      epoll.waitForNews(*sock, 5000);
      CHECK(watch.ms() < 1000);
      throwsExactly<SocketDisconnectException>([&] { sock->nonblockingRecvCheck(); });
   },
   ServerEnd::IsKilled);

static const TestCase lostOne("the death of one peer leaves connections to others alone",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));
      const Connection first = acceptor.accept();
      const Connection doomed = acceptor.accept();

      char byte;
      throwsExactly<SocketDisconnectException>([&] { doomed->recvT(&byte, 1, 0, 10000); });
      CHECK(receive(*first, 5) == "hello");
      sendText(*first, "still here");
      side.await("done");
   },
   [](Side& side)
   {
      const std::string port = side.hear();
      int ends[2];
      CHECK_EQUAL(::pipe(ends), 0);

      // a third node, as long as it lives
      const pid_t child = ::fork();
      if(child == 0)
      {
         char go;
         ::setenv("SISCI_EMU_NODE", "12", 1);
         ::setenv("SISCI_EMU_HOST", "third", 1);
         if(::read(ends[0], &go, 1) != 1)
            _exit(1);
         startTransport();
         const Connection sock = connectTo(uint16_t(std::stoul(port)));
         pauseMS(200);
         ::kill(::getpid(), SIGKILL);
      }

      startTransport();
      const Connection sock = connectTo(uint16_t(std::stoul(port)));
      CHECK_EQUAL(::write(ends[1], "g", 1), 1);
      int status;
      CHECK_EQUAL(::waitpid(child, &status, 0), child);
      CHECK(WIFSIGNALED(status));

      sendText(*sock, "hello");
      CHECK(receive(*sock, 10) == "still here");
      side.tell("done");
   });

/** Accepts connections and answers five bytes with the same, until the client is done. */
static void serveEcho(Side& side)
{
   startTransport();
   Acceptor acceptor;
   side.tell(std::to_string(acceptor.port()));

   for(std::string line; (line = side.hear()) != "done"; )
   {
      const Connection sock = acceptor.accept();
      sendText(*sock, receive(*sock, 5));
      side.await("received");
   }
   CHECK(!acceptor.next()); // no bad peer became a connection
}

/** A well-behaved connection works, and fast. */
static void checkEcho(Side& side, uint16_t port)
{
   side.tell("accept");
   const Stopwatch watch;
   const Connection sock = connectTo(port);
   sendText(*sock, "hello");
   CHECK(receive(*sock, 5) == "hello");
   CHECK(watch.ms() < 1000);
   side.tell("received");
}

static const TestCase silentPeer("silent peers on the control port delay nobody",
   serveEcho,
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));

      std::vector<std::unique_ptr<RawPeer>> silent;
      for(int i = 0; i < 20; i++)
         silent.push_back(std::make_unique<RawPeer>(port));
      for(int i = 0; i < 10; i++)
         silent.push_back(std::make_unique<RawPeer>(port)), silent.back()->send("NT");

      checkEcho(side, port);
      for(const auto& peer : silent)
         CHECK(peer->isClosedWithin(5000)); // not kept for ever
      checkEcho(side, port);
      side.tell("done");
   });

static const TestCase garbage("garbage on the control port ends that connection and no other",
   serveEcho,
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));
      const std::string hello(72, '\0'); // all fields zero: no such channel

      std::vector<std::string> nonsense = {
         std::string(1, '\0'), std::string(1000, '\0'), "GET / HTTP/1.0\r\n\r\n",
         controlMessage(2, 1, std::string(4, 'x')), controlMessage(2, 1, hello),
         controlMessage(2, 99, std::string(20, 'x')), controlMessage(2, 4, std::string(56, '\xff')),
         controlMessage(2, 2, std::string(48, 'x')), controlMessage(2, 7, ""),
         std::string("NTBC") + number(2, 2) + number(1, 2) + number(0xffffffff, 4) + number(0, 4)};
      for(uint64_t seed = 1; seed <= 20; seed++)
         nonsense.push_back(randomBytes(size_t(seed * seed * 50), seed));

      for(const std::string& bytes : nonsense)
      {
         RawPeer peer(port);
         peer.send(bytes);
         if(bytes.size() >= 16)
            CHECK(peer.isClosedWithin(5000));
      }

      checkEcho(side, port);
      side.tell("done");
   });

static const TestCase newerClient("a client of another protocol version is told both versions",
   serveEcho,
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));
      RawPeer peer(port);
      peer.send(controlMessage(9, 1, number(8, 2) + std::string(70, '\0')));

      const std::string answer = peer.receiveAll(5000);
      CHECK(answer.substr(0, 4) == "NTBC");
      CHECK_EQUAL(numberAt(answer, 4, 2), 2u); // the server's highest version
      CHECK_EQUAL(numberAt(answer, 6, 2), 5u); // Refuse
      CHECK_EQUAL(numberAt(answer, 16, 2), 2u); // its lowest
      CHECK_EQUAL(numberAt(answer, 18, 2), 1u); // because of the version
      const std::string reason = answer.substr(24, numberAt(answer, 20, 4));
      printf("    refusal: %s\n", reason.c_str());
      CHECK(reason.find("2 to 2") != std::string::npos);
      CHECK(reason.find("8 to 9") != std::string::npos);

      checkEcho(side, port);
      side.tell("done");
   });

static const TestCase newerServer("a server of another protocol version is skipped, with both versions",
   [](Side& side)
   {
      startTransport(); // finds out about IPv6, as a daemon does before its first socket
      const std::unique_ptr<StandardSocket> fake(AddrTk::newStreamSocket());
      const uint16_t port = freePort();
      fake->bind(port);
      fake->listen();
      side.tell(std::to_string(port));

      const std::unique_ptr<Socket> peer(AddrTk::accept(*fake));
      const std::string hello = receive(*peer, 88);
      CHECK(hello.substr(0, 4) == "NTBC");
      CHECK_EQUAL(numberAt(hello, 6, 2), 1u); // Hello
      const std::string body = number(8, 2) + number(1, 2) + number(0, 4) + std::string(160, '\0');
      sendText(*peer, controlMessage(9, 5, body));
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      std::string reason;
      bool isNew = false;
      const auto peer = localPeer(uint16_t(std::stoul(side.hear())));
      CHECK(!NtbSocket::create()->tryConnect(peer, &reason, &isNew));
      printf("    reason: %s\n", reason.c_str());
      CHECK(isNew);
      CHECK(reason.find("2 to 2") != std::string::npos);
      CHECK(reason.find("8 to 9") != std::string::npos);
      side.tell("done");
   });
