#include "StockSupport.h"

#include "common/app/AbstractApp.h"
#include "common/app/config/AbstractConfig.h"

#include <fstream>

#include <dlfcn.h>

namespace
{
   /** By which the plugin finds the release that it was built for. */
   const char* volatile const release = BEEGFS_VERSION;

   class DaemonConfig : public AbstractConfig
   {
      public:
         DaemonConfig(int argc, char** argv) : AbstractConfig(argc, argv)
         {
            initConfig(argc, argv, true);
         }
   };

   /** All that the plugin asks of it is its configuration. */
   class Daemon : public AbstractApp
   {
      public:
         explicit Daemon(const ICommonConfig& config) : config(config) {}

         void run() override {}
         void stopComponents() override {}
         void handleComponentException(std::exception&) override {}
         const ICommonConfig* getCommonConfig() const override { return &config; }
         const NetFilter* getNetFilter() const override { return nullptr; }
         const NetFilter* getTcpOnlyFilter() const override { return nullptr; }
         const AbstractNetMessageFactory* getNetMessageFactory() const override { return nullptr; }

      private:
         const ICommonConfig& config;
   };

   const char* folderOf(Installed installed)
   {
      switch(installed)
      {
         case Installed::PluginAndInfiniBand: return "/../stock-ib";
         case Installed::PluginOfOtherFamily: return "/../stock-other";
         default: return "/../stock";
      }
   }

   std::string logFile()
   {
      return std::string(getenv("NTB_RUNTIME_DIR")) + "/" + std::to_string(::getpid()) + ".log";
   }

   struct sockaddr_in addressOf(uint8_t lastByte, uint16_t port)
   {
      struct sockaddr_in address = {};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = lastByte ? htonl(0x7f000000 + lastByte) : INADDR_ANY;
      return address;
   }

   void bindTo(Socket& sock, uint8_t lastByte)
   {
      const in_addr_t ip = addressOf(lastByte, 0).sin_addr.s_addr;
#if __has_include(<common/net/sock/IPAddress.h>)
      sock.bindToAddr(IPAddress(ip).toSocketAddress(0));
#else
      sock.bindToAddr(ip, 0);
#endif
   }

   void connectTo(Socket& sock, uint16_t port)
   {
      const struct in_addr local = {htonl(INADDR_LOOPBACK)};
#if __has_include(<common/net/sock/IPAddress.h>)
      sock.connect(IPAddress(local).toSocketAddress(port));
#else
      sock.connect(&local, port);
#endif
   }
}

StockDaemon::StockDaemon(const std::vector<std::string>& settings, Installed installed)
{
   CHECK(release != nullptr);

   // these live as long as the process, like a daemon's
   static char arguments[2][64] = {"test", "connDisableAuthentication=true"};
   static char* argv[] = {arguments[0], arguments[1]};
   static DaemonConfig config(2, argv);
   static Daemon daemon(config);
   AddrTk::chooseFamily(config);
   Logger::createLogger(Log_NOTICE, logFile());

   ::setenv("connNTBLibrary", "emulator", 1);
   for(const std::string& setting : settings)
   {
      const size_t equals = setting.find('=');
      ::setenv(setting.substr(0, equals).c_str(), setting.substr(equals + 1).c_str(), 1);
   }

   char program[4096] = {};
   CHECK(::readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
   const std::string bin(program, strrchr(program, '/'));
   const std::string file = bin + folderOf(installed) + "/libbeegfs_ib.so";
   void* const library = ::dlopen(file.c_str(), RTLD_NOW);
   if(!library)
      FAIL(::dlerror());

   plugin = static_cast<RDMASocket::ImplCallbacks*>(::dlsym(library, "beegfs_socket_impl"));
   CHECK(plugin != nullptr);
}

Connection StockDaemon::listen(uint16_t port)
{
   Connection listener = create();
   listener->bind(port);
   listener->listen();
   return listener;
}

size_t StockDaemon::countInLog(const std::string& text) const
{
   std::ifstream file(logFile());
   size_t count = 0;
   for(std::string line; std::getline(file, line); )
      count += line.find(text) != std::string::npos;
   return count;
}

uint16_t freeStreamPort()
{
   const int fd = occupy(0);
   struct sockaddr_in address;
   socklen_t len = sizeof(address);
   CHECK_EQUAL(::getsockname(fd, reinterpret_cast<struct sockaddr*>(&address), &len), 0);
   ::close(fd);
   return ntohs(address.sin_port) - 1000;
}

Connection acceptWithin(RDMASocket& listener, int timeoutMS)
{
   const Stopwatch watch;
   while(watch.ms() < timeoutMS)
   {
      struct pollfd entry = {listener.getFD(), POLLIN, 0};
      ::poll(&entry, 1, 50);
      while(entry.revents && listener.checkDelayedEvents())
         if(Socket* accepted = AddrTk::accept(listener))
            return Connection(static_cast<RDMASocket*>(accepted));
   }

   return nullptr;
}

Connection connectFrom(StockDaemon& daemon, uint8_t source, uint16_t port)
{
   Connection sock = daemon.create();
   bindTo(*sock, source);
   connectTo(*sock, port);
   return sock;
}

bool hasRDMA(StockDaemon& daemon, uint8_t lastByte)
{
   try
   {
      bindTo(*daemon.create(), lastByte);
      return true;
   }
   catch(SocketException&)
   {
      return false;
   }
}

int occupy(uint16_t port)
{
   const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
   const struct sockaddr_in address = addressOf(0, port);
   CHECK_EQUAL(::bind(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof(address)), 0);
   CHECK_EQUAL(::listen(fd, 1), 0);
   return fd;
}

bool isTaken(uint16_t port)
{
   const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
   const struct sockaddr_in address = addressOf(1, port);
   const bool taken =
      !::connect(fd, reinterpret_cast<const struct sockaddr*>(&address), sizeof(address));
   ::close(fd);
   return taken;
}
