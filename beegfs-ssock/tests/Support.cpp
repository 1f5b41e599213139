#include "Support.h"

#include "common/app/config/AbstractConfig.h"

#include <chrono>
#include <thread>

namespace
{
   constexpr int patienceMS = 5000;

   /** A configuration as a daemon has it, from arguments. */
   class TestConfig : public AbstractConfig
   {
      public:
         TestConfig(int argc, char** argv) : AbstractConfig(argc, argv)
         {
            initConfig(argc, argv, true);
         }
   };

   std::unique_ptr<TestConfig> makeConfig(const std::vector<std::string>& keys)
   {
      // they must live as long as the configuration, which in a test is for ever
      auto texts = new std::vector<std::string>{"test", "connDisableAuthentication=true",
         "connNTBLibrary=emulator"};
      texts->insert(texts->end(), keys.begin(), keys.end());

      auto argv = new std::vector<char*>;
      for(std::string& text : *texts)
         argv->push_back(&text[0]);

      return std::make_unique<TestConfig>(int(argv->size()), argv->data());
   }

#if __has_include(<common/net/sock/IPAddress.h>)
   void connectSocket(Socket& sock, uint16_t port)
   {
      const IPAddress local(in_addr_t(htonl(INADDR_LOOPBACK)));
      sock.bindToAddr(IPAddress(in_addr_t(INADDR_ANY)).toSocketAddress(0));
      sock.connect(local.toSocketAddress(port));
   }
#else
   void connectSocket(Socket& sock, uint16_t port)
   {
      const struct in_addr local = {htonl(INADDR_LOOPBACK)};
      sock.bindToAddr(INADDR_ANY, 0);
      sock.connect(&local, port);
   }
#endif

   struct sockaddr_in localAddress(uint16_t port)
   {
      struct sockaddr_in address = {};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(port);
      return address;
   }
}

bool tryStartTransport(const std::vector<std::string>& keys, std::string* outError, bool* outFatal)
{
   static std::unique_ptr<TestConfig> config;
   config = makeConfig(keys);
   AddrTk::chooseFamily(*config);
   *outFatal = false;
   return NtbSocket::start(config.get(), outError, outFatal);
}

void startTransport(const std::vector<std::string>& keys)
{
   std::string error;
   bool isFatal;
   if(!tryStartTransport(keys, &error, &isFatal))
      FAIL("the transport doesn't start: " + error);
}

uint16_t freePort()
{
   // below the ports that the system gives to outgoing connections: one of those could come between
   constexpr unsigned first = 10000, count = 20000;
   static unsigned next = unsigned(::getpid()) * 97;

   bool found = false;
   uint16_t port = 0;
   for(unsigned tries = 0; tries < count && !found; tries++)
   {
      port = uint16_t(first + next++ % count);
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      struct sockaddr_in address = localAddress(port);
      address.sin_addr.s_addr = INADDR_ANY;
      found = !::bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address));
      ::close(fd);
   }

   CHECK(found);
   return port;
}

Acceptor::Acceptor(uint16_t port) : listenPort(port), sock(NtbSocket::create())
{
   sock->bind(port);
   sock->listen();
}

Connection Acceptor::accept()
{
   const Stopwatch watch;
   while(watch.ms() < patienceMS)
   {
      if(!isReadable(*sock, 100))
         continue;
      if(Connection accepted = next())
         return accepted;
   }

   FAIL("no connection came");
}

Connection Acceptor::next()
{
   while(sock->checkDelayedEvents())
   {
      try
      {
         if(Socket* accepted = AddrTk::accept(*sock))
            return Connection(static_cast<RDMASocket*>(accepted));
      }
      catch(SocketConnectException& e)
      {
         lastRefusal = e.what(); // the daemons' acceptor logs it
      }
   }

   return nullptr;
}

Connection connectTo(uint16_t port)
{
   Connection sock = NtbSocket::create();
   connectSocket(*sock, port);
   return sock;
}

NtbSocket::PeerAddr localPeer(uint16_t port)
{
   return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}, port};
}

Connection meet(Side& side, const std::vector<std::string>& keys)
{
   startTransport(keys);
   return meetAgain(side);
}

Connection meetAgain(Side& side)
{
   if(side.role == Role::Client)
      return connectTo(uint16_t(std::stoul(side.hear())));

   Acceptor acceptor;
   side.tell(std::to_string(acceptor.port()));
   return acceptor.accept();
}

bool isReadable(const Pollable& pollable, int timeoutMS)
{
   struct pollfd entry = {pollable.getFD(), POLLIN, 0};
   return ::poll(&entry, 1, timeoutMS) == 1 && (entry.revents & POLLIN);
}

void checkQuiet(RDMASocket& sock)
{
   for(int falseAlarms = 0; falseAlarms <= 2; falseAlarms++)
   {
      CHECK_EQUAL(sock.nonblockingRecvCheck(), 0);
      if(!isReadable(sock, 20))
         return;
   }

   FAIL("the descriptor stays readable although there is nothing");
}

std::string receive(Socket& sock, size_t len)
{
   std::string text(len, '\0');
   sock.recvExactT(&text[0], len, 0, patienceMS);
   return text;
}

void sendText(Socket& sock, const std::string& text)
{
   CHECK_EQUAL(AddrTk::sendto(sock, text.data(), text.size()), ssize_t(text.size()));
}

std::string randomBytes(size_t len, uint64_t seed)
{
   std::string bytes(len, '\0');
   uint64_t word = seed * 2 + 1;
   for(size_t at = 0; at < len; at += sizeof(word))
   {
      word ^= word << 13;
      word ^= word >> 7;
      word ^= word << 17;
      memcpy(&bytes[at], &word, std::min(sizeof(word), len - at));
   }

   return bytes;
}

void pauseMS(int ms)
{
   std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

OneShotEpoll::OneShotEpoll(const Pollable& watched) : watchedFD(watched.getFD()),
   epollFD(::epoll_create1(EPOLL_CLOEXEC))
{
   CHECK_EQUAL(control(EPOLL_CTL_ADD), 0);
}

OneShotEpoll::~OneShotEpoll()
{
   ::close(epollFD);
}

int OneShotEpoll::control(int operation)
{
   struct epoll_event event = {};
   event.events = EPOLLIN | EPOLLONESHOT | EPOLLET;
   return ::epoll_ctl(epollFD, operation, watchedFD, &event);
}

void OneShotEpoll::rearm()
{
   CHECK_EQUAL(control(EPOLL_CTL_MOD), 0);
}

bool OneShotEpoll::wait(int timeoutMS)
{
   // a process that was stopped and goes on finds its wait interrupted: that is no answer
   const Stopwatch watch;
   struct epoll_event event;
   int found;
   do
      found = ::epoll_wait(epollFD, &event, 1, std::max(timeoutMS - int(watch.ms()), 0));
   while( (found == -1) && (errno == EINTR) );

   return found == 1;
}

void OneShotEpoll::waitForNews(RDMASocket& sock, int timeoutMS)
{
   const Stopwatch watch;
   for(;;)
   {
      if(!wait(std::max(timeoutMS - int(watch.ms()), 0)))
         FAIL("no event within " + std::to_string(timeoutMS) + " ms");

      try
      {
         if(sock.nonblockingRecvCheck())
            return;
      }
      catch(SocketException& e)
      {
         return; // the caller finds it again
      }
      rearm();
   }
}

RawPeer::RawPeer(uint16_t port) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
   const struct sockaddr_in address = localAddress(port);
   CHECK_EQUAL(::connect(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)),
      0);
}

RawPeer::~RawPeer()
{
   ::close(fd);
}

/** That the other end closes before it has taken all is no failure. */
void RawPeer::send(const std::string& bytes)
{
   for(size_t done = 0; done < bytes.size(); )
   {
      const ssize_t sent = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if(sent <= 0)
         return;
      done += size_t(sent);
   }
}

std::string RawPeer::receiveAll(int timeoutMS)
{
   const Stopwatch watch;
   std::string all;
   for(;;)
   {
      struct pollfd entry = {fd, POLLIN, 0};
      const int left = timeoutMS - int(watch.ms());
      char part[512];
      if(left <= 0 || ::poll(&entry, 1, left) != 1)
         return all;

      const ssize_t got = ::recv(fd, part, sizeof(part), 0);
      if(got <= 0)
         return all;
      all.append(part, size_t(got));
   }
}

bool RawPeer::isClosedWithin(int timeoutMS)
{
   const Stopwatch watch;
   receiveAll(timeoutMS);
   return watch.ms() < timeoutMS;
}

std::string controlMessage(uint16_t version, uint16_t kind, const std::string& body)
{
   return "NTBC" + number(version, 2) + number(kind, 2) + number(body.size(), 4) + number(0, 4) +
      body;
}

std::string number(uint64_t value, size_t bytes)
{
   std::string text;
   for(size_t i = 0; i < bytes; i++)
      text += char(value >> (8 * i));
   return text;
}

uint64_t numberAt(const std::string& text, size_t offset, size_t bytes)
{
   CHECK(offset + bytes <= text.size());

   uint64_t value = 0;
   for(size_t i = 0; i < bytes; i++)
      value |= uint64_t(uint8_t(text[offset + i])) << (8 * i);
   return value;
}
