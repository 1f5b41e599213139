// The plugin for unpatched daemons, as such a daemon uses it: through the three functions of the
// library that it takes for InfiniBand's.

#include "StockSupport.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/** For the side that has nothing to do. */
static void doNothing(Side&) {}

/** Of the tests of the socket class only. */
int runWithoutLibrary()
{
   return 2;
}

static std::string scratch(const std::string& name)
{
   return std::string(getenv("NTB_RUNTIME_DIR")) + "/" + name;
}

static const TestCase connects("two daemons connect, from the address that the daemon binds to",
   [](Side& side)
   {
      StockDaemon daemon({});
      CHECK(daemon.devicesExist());
      const uint16_t port = freeStreamPort();
      const Connection listener = daemon.listen(port);
      side.tell(std::to_string(port));

      Connection sock = acceptWithin(*listener, 10000);
      CHECK(sock && sock->getPeername().compare(0, 10, "127.0.0.1:") == 0);
      side.await("next");
      sock = acceptWithin(*listener, 10000);
      CHECK(sock && sock->getPeername().compare(0, 11, "127.0.0.42:") == 0);
      std::string text(5, '\0');
      sock->recvExactT(&text[0], text.size(), 0, 5000);
      CHECK(text == "hello");
      side.tell("done");
   },
   [](Side& side)
   {
      StockDaemon daemon({});
      const auto port = uint16_t(std::stoul(side.hear()));
      const Connection any = connectFrom(daemon, 0, port);
      side.tell("next");
      const Connection sock = connectFrom(daemon, 42, port);
      CHECK_EQUAL(AddrTk::sendto(*sock, "hello", 5), 5);
      side.await("done");
   });

static const TestCase comesLater("an adapter that comes up later is used beside InfiniBand",
   [](Side& side)
   {
      // a file in the place of the fabric's folder: the adapter can't be opened
      const std::string fabric = getenv("SISCI_EMU_DIR");
      ::rename(fabric.c_str(), (fabric + ".later").c_str());
      std::ofstream(fabric) << "no folder";

      StockDaemon daemon({"connNTBRetrySecs=1"}, Installed::PluginAndInfiniBand);
      CHECK(daemon.devicesExist()); // InfiniBand
      CHECK_EQUAL(daemon.countInLog("NTB can't be used now"), 1u);
      CHECK(hasRDMA(daemon, 9));
      CHECK(!hasRDMA(daemon, 1)); // would be right only with NTB

      const uint16_t port = freeStreamPort();
      const Connection listener = daemon.listen(port);
      CHECK(!acceptWithin(*listener, 2500));
      CHECK(!isTaken(ntbPort(port)));
      CHECK_EQUAL(daemon.countInLog("NTB can't be used now"), 1u);
      CHECK_EQUAL(daemon.countInLog("Unable to listen"), 0u);

      ::unlink(fabric.c_str());
      ::rename( (fabric + ".later").c_str(), fabric.c_str());
      for(int i = 0; (i < 100) && !daemon.countInLog("Listening for NTB connections"); i++)
         CHECK(!acceptWithin(*listener, 100));
      CHECK_EQUAL(daemon.countInLog("Listening for NTB connections"), 1u);
      CHECK(hasRDMA(daemon, 1));

      side.tell(std::to_string(port));
      CHECK(acceptWithin(*listener, 10000));
      side.await("done");
   },
   [](Side& side)
   {
      const auto port = uint16_t(std::stoul(side.hear()));
      StockDaemon daemon({});
      const Connection sock = connectFrom(daemon, 0, port);
      side.tell("done");
   });

static const TestCase takenPort("a port that is taken is said once, and used when it is free",
   [](Side&)
   {
      StockDaemon daemon({"connNTBRetrySecs=1"});
      const uint16_t port = freeStreamPort();
      const int occupied = occupy(ntbPort(port));
      const Connection listener = daemon.listen(port);
      CHECK(!acceptWithin(*listener, 3500)); // several tries
      CHECK_EQUAL(daemon.countInLog("Unable to listen for NTB connections"), 1u);
      CHECK_EQUAL(daemon.countInLog("Listening for NTB connections"), 0u);

      ::close(occupied);
      for(int i = 0; (i < 100) && !daemon.countInLog("Listening for NTB connections"); i++)
         CHECK(!acceptWithin(*listener, 100));
      CHECK(isTaken(ntbPort(port)));
   },
   doNothing);

static const TestCase forked("a daemon that forks after it has asked goes on without NTB",
   [](Side&)
   {
      StockDaemon daemon({});
      CHECK(daemon.devicesExist());
      const pid_t child = ::fork();
      if(child == 0)
      {
         const bool isOff = !daemon.devicesExist() && !daemon.devicesExist() && !hasRDMA(daemon, 1);
         ::_exit(isOff ? 0 : 1);
      }

      int status;
      CHECK_EQUAL(::waitpid(child, &status, 0), child);
      CHECK_EQUAL(status, 0);
      CHECK(daemon.devicesExist());
   },
   doNothing);

/** What this process writes to standard error meanwhile. */
static std::string errorsOf(const std::function<void()>& work)
{
   const std::string path = scratch("errors.txt");
   const int before = ::dup(STDERR_FILENO);
   const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
   CHECK( (before >= 0) && (file >= 0));
   ::dup2(file, STDERR_FILENO);
   work();
   ::dup2(before, STDERR_FILENO);
   ::close(file);
   ::close(before);

   std::ostringstream text;
   text << std::ifstream(path).rdbuf();
   return text.str();
}

static const TestCase otherFamily("a plugin of another family says so and leaves everything to InfiniBand",
   [](Side&)
   {
      // loading it is the first thing that can fail: each family lacks functions of the other
      StockDaemon daemon({}, Installed::PluginOfOtherFamily);
      bool exists = false, existsStill = false;
      const std::string errors = errorsOf([&]
      {
         exists = daemon.devicesExist();
         existsStill = daemon.devicesExist();
      });

      CHECK(exists && existsStill);
      const std::string reason = "the plugin for unpatched daemons is not used: it was built for BeeGFS ";
      const size_t first = errors.find(reason);
      CHECK(first != std::string::npos);
      CHECK(errors.find(reason, first + 1) == std::string::npos);
      CHECK(hasRDMA(daemon, 9));
      CHECK(!hasRDMA(daemon, 1)); // would be right only with NTB
   },
   doNothing);

/** Where the emulator lies, seen from the program. */
static std::string emulator()
{
   char program[4096] = {};
   CHECK(::readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
   return std::string(program, strrchr(program, '/')) + "/../stock/sisci-emu/libsisci.so";
}

static const TestCase settingsFile("a settings file takes values as they are, and comments in lines of their own",
   [](Side&)
   {
      const std::string library = scratch("library #1.so"), file = scratch("ntb.conf");
      CHECK_EQUAL(::symlink(emulator().c_str(), library.c_str()), 0);
      std::ofstream(file) << "# of a test\n  # connNTBAdapter = 7\n\nconnNTBAdapter = 0\nconnNTBLibrary = "
         << library << "\n";
      ::setenv("BEEGFS_NTB_CONFIG", file.c_str(), 1);

      StockDaemon daemon({});
      ::unsetenv("connNTBLibrary"); // which would win
      CHECK(daemon.devicesExist());
   },
   [](Side&)
   {
      // after a value there is no comment, as in the daemons' files
      const std::string file = scratch("wrong.conf");
      std::ofstream(file) << "connNTBAdapter = 0 # the first\n";
      ::setenv("BEEGFS_NTB_CONFIG", file.c_str(), 1);
      StockDaemon daemon({});
      CHECK(!daemon.devicesExist());
      CHECK_EQUAL(daemon.countInLog("wrong.conf, line 1"), 1u);
   });

/** Settings that are not known are not guessed. */
static void checkUnreadable(const std::string& path)
{
   ::setenv("BEEGFS_NTB_CONFIG", path.c_str(), 1);
   StockDaemon daemon({});
   CHECK(!daemon.devicesExist());
   CHECK_EQUAL(daemon.countInLog(path + " can't be read"), 1u);
}

static const TestCase unreadable("a settings file that can't be read is an error in the log",
   [](Side&) { checkUnreadable(scratch("absent.conf")); },
   [](Side&)
   {
      const std::string folder = scratch("folder.conf");
      CHECK_EQUAL(::mkdir(folder.c_str(), 0700), 0);
      checkUnreadable(folder);
   });
