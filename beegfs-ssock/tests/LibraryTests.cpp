// Starting the transport: with a missing or wrong SISCI library, without our own library, and
// with values that can't be used.

#include "Support.h"

#include "common/app/config/InvalidConfigException.h"

#include <climits>
#include <cstdlib>
#include <fstream>

#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>

/** For the side that has nothing to do. */
static void doNothing(Side&) {}

/** A library that was asked for by name and can't be used: the daemon must not start. */
static void checkRefused(const std::string& library)
{
   std::string error;
   bool isFatal = false;
   CHECK(!tryStartTransport({"connNTBLibrary=" + library}, &error, &isFatal));
   printf("    %s\n", error.c_str());
   CHECK(isFatal);
   CHECK(error.find("connNTBLibrary") != std::string::npos);
   CHECK(error.find(library) != std::string::npos);
   CHECK(!NtbSocket::create());
}

static const TestCase missingLibrary("a configured library that is missing is a fatal error",
   [](Side&) { checkRefused("/no/such/folder/libsisci.so"); }, doNothing);

static const TestCase wrongLibrary("a configured library that is not SISCI is a fatal error",
   [](Side&) { checkRefused("libm.so.6"); }, doNothing);

static const TestCase notALibrary("a configured file that is no library is a fatal error",
   [](Side&) { checkRefused("/etc/passwd"); }, doNothing);

static const TestCase noLibrary("without any SISCI library the daemon quietly stays on TCP",
   [](Side&)
   {
      if(dlopen("libsisci.so", RTLD_LAZY))
         return; // this machine has one, so there is nothing to see

      std::string error;
      bool isFatal = false;
      CHECK(!tryStartTransport({"connNTBLibrary="}, &error, &isFatal));
      CHECK(!isFatal);
      CHECK(!error.empty()); // one line for the log

      error.clear();
      CHECK(!tryStartTransport({"connNTBLibrary="}, &error, &isFatal));
      CHECK(!isFatal);
      CHECK(error.empty()); // and no second one
   },
   doNothing);

static const TestCase switchedOff("connUseNTB=false starts nothing",
   [](Side&)
   {
      std::string error;
      bool isFatal = false;
      CHECK(!tryStartTransport({"connUseNTB=false"}, &error, &isFatal));
      CHECK(!isFatal);
      CHECK(error.empty());
      CHECK(!NtbSocket::create());
   },
   doNothing);

static const TestCase noAdapter("an adapter that isn't there is no reason not to start",
   [](Side&)
   {
      std::string error;
      bool isFatal = false;
      CHECK(!tryStartTransport({"connNTBAdapter=7"}, &error, &isFatal));
      printf("    %s\n", error.c_str());
      CHECK(!isFatal);
      CHECK(!error.empty());
   },
   doNothing);

static const TestCase badValues("values outside their range are refused with key, value and range",
   [](Side&)
   {
      const char* const bad[][2] = {{"connNTBBufSize", "5000"}, {"connNTBBufNum", "0"},
         {"connNTBPortShift", "50001"}, {"connNTBPollUsecs", "-1"}, {"connNTBTimeouts", "1"},
         {"connNTBMemoryLimit", "2"}, {"connNTBRetrySecs", "x"}, {"connUseNTB", "perhaps"},
         {"connNTBPollShare", "101"}, {"connNTBInterrupts", "65537"},
         {"connNTBTuningFile", "tuning.toml"}};

      for(const auto& [key, value] : bad)
      {
         std::string text;
         try
         {
            std::string error;
            bool isFatal;
            tryStartTransport({std::string(key) + "=" + value}, &error, &isFatal);
         }
         catch(InvalidConfigException& e)
         {
            text = e.what();
         }
         printf("    %s\n", text.c_str());
         CHECK(text.find(key) != std::string::npos);
         CHECK(text.find(value) != std::string::npos);
      }
   },
   doNothing);

/** Writes a tuning table. @return its path */
static std::string writeTable(const std::string& text)
{
   const std::string path = std::string(getenv("NTB_RUNTIME_DIR")) + "/tuning.toml";
   std::ofstream(path) << text;
   return path;
}

/** @param reason that must be named beside key and file */
static void checkTableRefused(const std::string& path, const std::string& reason)
{
   std::string error;
   bool isFatal = false;
   CHECK(!tryStartTransport({"connNTBTuningFile=" + path}, &error, &isFatal));
   printf("    %s\n", error.c_str());
   CHECK(isFatal);
   CHECK(error.find("connNTBTuningFile") != std::string::npos);
   CHECK(error.find(path) != std::string::npos);
   CHECK(error.find(reason) != std::string::npos);
}

static const TestCase missingTable("a tuning file that is missing is a fatal error",
   [](Side&) { checkTableRefused("/no/such/tuning.toml", "No such file"); }, doNothing);

static const TestCase unknownTuning("a tuning file with an unknown key is a fatal error",
   [](Side&) { checkTableRefused(writeTable("inline_most = 56"), "inline_most"); }, doNothing);

static const TestCase badTuning("a tuning file with a size out of range is a fatal error",
   [](Side&) { checkTableRefused(writeTable("bulk_slots = 9"), "bulk_slots"); }, doNothing);

/** Buffers that don't fit: the daemon must not start, and its operator has to know which key to change. */
static void checkBuffersRefused(const std::vector<std::string>& keys, const std::string& reason)
{
   std::string error;
   bool isFatal = false;
   CHECK(!tryStartTransport(keys, &error, &isFatal));
   printf("    %s\n", error.c_str());
   CHECK(isFatal);
   CHECK(error.find("connNTBBufSize x connNTBBufNum") != std::string::npos);
   CHECK(error.find(reason) != std::string::npos);
}

static const TestCase largeRing("buffers as large as the memory limit are a fatal error that names it",
   [](Side&)
   {
      checkBuffersRefused({"connNTBMemoryLimit=4", "connNTBBufSize=65536", "connNTBBufNum=64"},
         "connNTBMemoryLimit (4194304 bytes)");
   },
   [](Side&)
   {
      checkBuffersRefused({"connNTBMemoryLimit=256", "connNTBBufSize=65536", "connNTBBufNum=4096"},
         "connNTBMemoryLimit (268435456 bytes)");
   });

static const TestCase hugeRing("buffers of more than 256 MiB are a fatal error",
   [](Side&)
   {
      checkBuffersRefused({"connNTBMemoryLimit=4096", "connNTBBufSize=131072",
         "connNTBBufNum=4096"}, "at most 268435456 bytes");
   },
   doNothing);

static const TestCase fullLimit("a limit just above the buffers of a connection is enough",
   [](Side&)
   {
      startTransport({"connNTBMemoryLimit=5", "connNTBBufSize=65536", "connNTBBufNum=64"});
   },
   doNothing);

static const TestCase tuned("a transport runs with a tuning file, few pollers and few interrupts",
   [](Side& side)
   {
      startTransport({"connNTBTuningFile=" + writeTable("inline_max = 0\npublish_large = \"4KiB\""),
         "connNTBPollShare=0", "connNTBInterrupts=0"});
      const Connection sock = meetAgain(side);
      CHECK(receive(*sock, 5) == "hello");
      side.tell("done");
   },
   [](Side& side)
   {
      startTransport();
      const Connection sock = meetAgain(side);
      sendText(*sock, "hello");
      side.await("done");
   });

static const TestCase twice("starting again, also from other threads, changes nothing",
   [](Side& side)
   {
      startTransport();
      startTransport();
      const Connection sock = meetAgain(side);
      startTransport({"connNTBAdapter=7"}); // too late
      CHECK(receive(*sock, 5) == "hello");
      side.tell("done");
   },
   [](Side& side)
   {
      startTransport();
      const Connection sock = meetAgain(side);
      sendText(*sock, "hello");
      side.await("done");
   });

/**
 * A copy of this program in a folder where our library isn't found runs this function.
 *
 * @return exit code
 */
int runWithoutLibrary()
{
   std::string error;
   bool isFatal = false;
   const bool started = tryStartTransport({"connNTBLibrary="}, &error, &isFatal);
   return !started && !isFatal && error.find("libbeegfs_ntb.so") != std::string::npos ? 0 : 1;
}

static const TestCase withoutPlugin("a daemon without libbeegfs_ntb.so runs and says so once",
   [](Side&)
   {
      const std::string copy = std::string(getenv("NTB_RUNTIME_DIR")) + "/program";
      CHECK_EQUAL(system( ("cp /proc/" + std::to_string(::getpid()) + "/exe " + copy).c_str()), 0);
      CHECK_EQUAL(system( (copy + " --without-library").c_str()), 0);
   },
   doNothing);
