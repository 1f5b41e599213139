// Connecting, listening and accepting.

#include "Support.h"

#include <sys/wait.h>

static const TestCase refused("a port where nobody listens gives a connect exception at once",
   [](Side& side)
   {
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      const Stopwatch watch;
      throwsExactly<SocketConnectException>([] { connectTo(freePort()); });
      CHECK(watch.ms() < 2000);
      side.tell("done");
   });

static const TestCase skipped("tryConnect gives the reason, and tells a new one from a known one",
   [](Side& side)
   {
      side.await("done");
   },
   [](Side& side)
   {
      startTransport({"connNTBRetrySecs=1"});
      const NtbSocket::PeerAddr nobody = localPeer(freePort());

      std::string reason;
      bool isNew = false;
      CHECK(!NtbSocket::create()->tryConnect(nobody, &reason, &isNew));
      CHECK(isNew);
      CHECK(!reason.empty());

      CHECK(!NtbSocket::create()->tryConnect(nobody, &reason, &isNew));
      CHECK(!isNew);
      pauseMS(1200); // the verdict has expired: tried again, with the same outcome
      CHECK(!NtbSocket::create()->tryConnect(nobody, &reason, &isNew));
      CHECK(!isNew);

      CHECK(!NtbSocket::create()->tryConnect(localPeer(freePort()), &reason, &isNew));
      CHECK(isNew); // another peer
      side.tell("done");
   });

static const TestCase cameLater("a peer that comes later is found without anybody waiting for it",
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));
      Acceptor acceptor(port);
      side.tell("here");
      side.await("done"); // what the search left here is nobody's connection
   },
   [](Side& side)
   {
      startTransport({"connNTBRetrySecs=1"});
      const NtbSocket::PeerAddr peer = localPeer(freePort());
      CHECK(!NtbSocket::isReachable(peer)); // never tried: it is now
      for(int i = 0; i < 50; i++)
      {
         CHECK(!NtbSocket::isReachable(peer));
         pauseMS(10);
      }

      side.tell(std::to_string(peer.port));
      side.await("here");
      for(int i = 0; (i < 1000) && !NtbSocket::isReachable(peer); i++)
         pauseMS(10);
      CHECK(NtbSocket::isReachable(peer));

      std::string reason;
      bool isNew = false;
      CHECK(NtbSocket::create()->tryConnect(peer, &reason, &isNew));
      side.tell("done");
   });

static const TestCase restarted("the first connection after a peer's restart is an NTB connection",
   [](Side& side)
   {
      startTransport();
      for(int i = 0; i < 3; i++)
      {
         {
            Acceptor acceptor(uint16_t(std::stoul(side.hear())));
            side.tell("here");
            const Connection sock = acceptor.accept();
            CHECK(receive(*sock, 5) == "hello");
         }
         side.tell("gone");
      }
   },
   [](Side& side)
   {
      startTransport({"connNTBRetrySecs=86400"}); // so that it is no pause that ends
      const NtbSocket::PeerAddr peer = localPeer(freePort());
      std::string reason;
      bool isNew = false;

      for(int i = 0; i < 3; i++)
      {
         CHECK(!NtbSocket::create()->tryConnect(peer, &reason, &isNew));
         CHECK(isNew == (i == 0));
         CHECK(!NtbSocket::create()->tryConnect(peer, &reason, &isNew));
         CHECK(!isNew);

         side.tell(std::to_string(peer.port));
         side.await("here");
         auto sock = NtbSocket::create();
         CHECK(sock->tryConnect(peer, &reason, &isNew));
         sendText(*sock, "hello");
         side.await("gone");
      }
   });

static const TestCase source("the control channel leaves from the address that is asked for",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));
      const Connection sock = acceptor.accept();
      CHECK(sock->getPeername().compare(0, 11, "127.0.0.42:") == 0);
      side.tell("seen");
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      NtbSocket::PeerAddr peer = localPeer(uint16_t(std::stoul(side.hear())));
      NtbSocket::PeerAddr ours = localPeer(0);
      ours.ip[15] = 42;
      std::copy(std::begin(ours.ip), std::end(ours.ip), peer.sourceIP);

      std::string reason;
      bool isNew = false;
      auto sock = NtbSocket::create();
      CHECK(sock->tryConnect(peer, &reason, &isNew));
      side.await("seen");
      side.tell("done");
   });

#if __has_include(<common/net/sock/IPAddress.h>)

/** Whether a TCP connection to this port of ::1 comes about. */
static bool acceptsIPv6(uint16_t port)
{
   struct sockaddr_in6 address = {};
   address.sin6_family = AF_INET6;
   address.sin6_port = htons(port);
   address.sin6_addr = in6addr_loopback;
   const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
   const bool accepted =
      !::connect(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address));
   ::close(fd);
   return accepted;
}

static const TestCase ipv6("the port is open on IPv6 as well, unless the configuration forbids it",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      CHECK(acceptsIPv6(acceptor.port()) == Socket::isIPv6Available());
      side.tell(std::to_string(acceptor.port()));
      const Connection sock = acceptor.accept();
      side.await("done");
   },
   [](Side& side)
   {
      startTransport({"connDisableIPv6=true"});
      Acceptor acceptor;
      CHECK(!acceptsIPv6(acceptor.port()));
      connectTo(acceptor.port());
      connectTo(uint16_t(std::stoul(side.hear())));
      side.tell("done");
   });

#endif

static const TestCase silentServer("a server that never answers costs only the connect timeout",
   [](Side& side)
   {
      side.await("done");
   },
   [](Side& side)
   {
      startTransport({"connNTBTimeouts=600,0"});
      const std::unique_ptr<StandardSocket> mute(AddrTk::newStreamSocket());
      const uint16_t port = freePort();
      mute->bind(port);
      mute->listen();

      const Stopwatch watch;
      throwsExactly<SocketConnectException>([&] { connectTo(port); });
      CHECK(watch.ms() >= 500);
      CHECK(watch.ms() < 2500);
      side.tell("done");
   });

static const TestCase addresses("accept and connect fill in addresses and names",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      RDMASocket& listener = acceptor.socket();
      CHECK(listener.getPeername().find(std::to_string(acceptor.port())) != std::string::npos);
      CHECK(listener.getSockType() == NICADDRTYPE_NTB);
      side.tell(std::to_string(acceptor.port()));
      CHECK(isReadable(listener, 5000));
      CHECK(listener.checkDelayedEvents());

      struct sockaddr_storage address = {};
      socklen_t len = sizeof(address);
#if __has_include(<common/net/sock/IPAddress.h>)
      const Connection sock(static_cast<RDMASocket*>(listener.accept(&address, &len)));
      CHECK(sock->getPeerIP() == IPAddress(in_addr_t(htonl(INADDR_LOOPBACK))));
#else
      const Connection sock(static_cast<RDMASocket*>(listener.accept(
         reinterpret_cast<struct sockaddr*>(&address), &len)));
      CHECK_EQUAL(sock->getPeerIP(), htonl(INADDR_LOOPBACK));
#endif
      const auto in = reinterpret_cast<const struct sockaddr_in*>(&address);
      CHECK_EQUAL(in->sin_family, AF_INET);
      CHECK_EQUAL(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
      CHECK(in->sin_port != 0);
      CHECK(sock->getPeername() == "127.0.0.1:" + std::to_string(ntohs(in->sin_port)));
      CHECK(sock->getSockType() == NICADDRTYPE_NTB);
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      const std::string port = side.hear();
      const Connection sock = connectTo(uint16_t(std::stoul(port)));
      CHECK(sock->getPeername() == "127.0.0.1:" + port);
      CHECK(sock->getSockType() == NICADDRTYPE_NTB);
      side.tell("done");
   });

static const TestCase byName("a host name works as an address does",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));
      const Connection sock = acceptor.accept();
      CHECK(receive(*sock, 5) == "hello");
      side.tell("done");
   },
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));
      const Connection sock = NtbSocket::create();
      sock->connect("127.0.0.1", port);
      sendText(*sock, "hello");
      side.await("done");

      throwsExactly<SocketConnectException>(
         [&] { NtbSocket::create()->connect("no.such.name.invalid", port); });
   });

static const TestCase listenerDrained("a listener's descriptor is quiet when nobody waits",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      RDMASocket& listener = acceptor.socket();
      CHECK(!isReadable(listener, 50));
      CHECK(!listener.checkDelayedEvents());
      CHECK(AddrTk::accept(listener) == nullptr); // not an error

      side.tell(std::to_string(acceptor.port()));
      side.await("connected");
      CHECK(isReadable(listener, 2000));

      std::vector<Connection> socks;
      while(socks.size() < 5)
      {
         CHECK(isReadable(listener, 2000)); // the last one may come a moment later
         while(listener.checkDelayedEvents())
            if(Socket* sock = AddrTk::accept(listener))
               socks.emplace_back(static_cast<RDMASocket*>(sock));
      }
      CHECK(!listener.checkDelayedEvents());
      CHECK(!isReadable(listener, 100)); // else BeeGFS's acceptor would spin

      for(const Connection& sock : socks)
         sendText(*sock, "hello");
      side.await("done");
   },
   [](Side& side)
   {
      startTransport();
      const auto port = uint16_t(std::stoul(side.hear()));
      std::vector<Connection> socks;
      for(int i = 0; i < 5; i++)
         socks.push_back(connectTo(port));
      side.tell("connected");
      for(const Connection& sock : socks)
         CHECK(receive(*sock, 5) == "hello");
      side.tell("done");
   });

static const TestCase relisten("a port can be listened on again at once",
   [](Side& side)
   {
      startTransport();
      const uint16_t port = freePort();
      for(int i = 0; i < 3; i++)
      {
         Acceptor acceptor(port);
         throwsSocketException([&] { Acceptor second(port); });
         side.tell(std::to_string(port));
         const Connection sock = acceptor.accept();
         sendText(*sock, "hello");
         side.await("next");
      }
   },
   [](Side& side)
   {
      startTransport({"connNTBRetrySecs=1"});
      for(int i = 0; i < 3; i++)
      {
         const Connection sock = connectTo(uint16_t(std::stoul(side.hear())));
         CHECK(receive(*sock, 5) == "hello");
         side.tell("next");
      }
   });

static const TestCase secrets("sides with the same secret connect, others don't and say why",
   [](Side& side)
   {
      const std::string folder = getenv("NTB_RUNTIME_DIR");
      for(const char* name : {"/right", "/wrong"})
      {
         FILE* file = fopen( (folder + name).c_str(), "w");
         fprintf(file, "secret of %s\n", name);
         fclose(file);
      }
      startTransport({"connAuthFile=" + folder + "/right"});
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));
      const Connection sock = acceptor.accept();
      CHECK(receive(*sock, 5) == "hello");
      side.tell("right");
      side.await("done");
      CHECK(isReadable(acceptor.socket(), 5000)); // for the listener's own log
      CHECK(!acceptor.next()); // the others never got here
      printf("    refusal: %s\n", acceptor.refusal().c_str());
      CHECK(acceptor.refusal().find("127.0.0.1 was refused") != std::string::npos);
      CHECK(acceptor.refusal().find("secret") != std::string::npos);
   },
   [](Side& side)
   {
      const std::string folder = getenv("NTB_RUNTIME_DIR");
      const std::string port = side.hear();

      // each secret needs a transport of its own, so a process of its own
      const auto asOther = [&](const std::string& keys)
      {
         const pid_t child = ::fork();
         if(child == 0)
         {
            std::string error, reason;
            bool isFatal, isNew;
            if(!tryStartTransport({keys}, &error, &isFatal))
               _exit(2);
            const auto peer = localPeer(uint16_t(std::stoul(port)));
            const bool connected = NtbSocket::create()->tryConnect(peer, &reason, &isNew);
            printf("    with %s: %s\n", keys.substr(keys.rfind('/') + 1).c_str(), reason.c_str());
            fflush(stdout);
            _exit(!connected && isNew && reason.find("uthent") != std::string::npos ? 0 : 1);
         }

         int status;
         CHECK_EQUAL(::waitpid(child, &status, 0), child);
         CHECK_EQUAL(status, 0);
      };
      asOther("connAuthFile=" + folder + "/wrong");
      asOther("connAuthFile=");

      startTransport({"connAuthFile=" + folder + "/right"});
      const Connection sock = connectTo(uint16_t(std::stoul(port)));
      sendText(*sock, "hello");
      side.await("right");
      side.tell("done");
   });

static const TestCase memory("without memory a connection is refused with the reason, others work",
   [](Side& side)
   {
      startTransport();
      Acceptor acceptor;
      side.tell(std::to_string(acceptor.port()));
      std::vector<Connection> socks;
      for(std::string line; (line = side.hear()) != "done"; )
      {
         if(line == "accept")
            socks.push_back(acceptor.accept());
         else
            for(const Connection& sock : socks)
               sendText(*sock, receive(*sock, 5));
      }
   },
   [](Side& side)
   {
      startTransport({"connNTBMemoryLimit=4", "connNTBRetrySecs=1"});
      const NtbSocket::PeerAddr peer = localPeer(uint16_t(std::stoul(side.hear())));

      std::vector<std::unique_ptr<NtbSocket>> socks;
      std::string reason;
      bool isNew = false;
      for(;;)
      {
         auto sock = NtbSocket::create();
         if(!sock->tryConnect(peer, &reason, &isNew))
            break;
         side.tell("accept");
         socks.push_back(std::move(sock));
         CHECK(socks.size() < 10);
      }
      CHECK(socks.size() >= 1); // a connection takes a bit more than 1 MiB
      CHECK(isNew);
      CHECK(reason.find("memory") != std::string::npos);

      side.tell("echo");
      for(const auto& sock : socks)
         sendText(*sock, "hello");
      for(const auto& sock : socks)
         CHECK(receive(*sock, 5) == "hello");
      side.tell("done");
   });
