#include "Harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{
   constexpr int hearLimitMS = 30 * 1000;
   constexpr double testLimitMS = 90 * 1000;

   /** The two processes of a test. */
   struct Processes
   {
      pid_t server;
      pid_t client;
   };
}

void failCheck(const char* file, int line, const std::string& text)
{
   const char* slash = strrchr(file, '/');
   throw CheckFailed{std::string(slash ? slash + 1 : file) + ":" + std::to_string(line) + ": " +
      text};
}

void Side::tell(const std::string& line)
{
   const std::string text = line + "\n";
   if(::send(pipe, text.data(), text.size(), MSG_NOSIGNAL) != ssize_t(text.size()))
      FAIL("the other side is gone and can't be told: " + line);
}

std::string Side::hear()
{
   return read(false);
}

void Side::await(const std::string& line)
{
   const std::string heard = hear();
   if(heard != line)
      FAIL("the other side said \"" + heard + "\" instead of \"" + line + "\"");
}

void Side::awaitEnd()
{
   const std::string line = read(true);
   if(!line.empty())
      FAIL("the other side said \"" + line + "\" instead of ending");
}

std::string Side::read(bool mayEnd)
{
   for(size_t end; (end = pending.find('\n')) == std::string::npos; )
   {
      struct pollfd entry = {pipe, POLLIN, 0};
      char part[512];
      if(::poll(&entry, 1, hearLimitMS) != 1)
         FAIL("the other side says nothing");

      const ssize_t got = ::recv(pipe, part, sizeof(part), 0);
      if(got <= 0 && mayEnd)
         return "";
      if(got <= 0)
         FAIL("the other side is gone");

      pending.append(part, size_t(got));
   }

   const std::string line = pending.substr(0, pending.find('\n'));
   pending.erase(0, line.size() + 1);
   return line;
}

TestCase::TestCase(const char* name, Code server, Code client, ServerEnd serverEnd) : name(name),
   server(std::move(server)), client(std::move(client)), serverEnd(serverEnd)
{
   all().push_back(this);
}

std::vector<const TestCase*>& TestCase::all()
{
   static std::vector<const TestCase*> tests;
   return tests;
}

/** Runs one side; never returns. */
[[noreturn]] static void runSide(const TestCase& test, Role role, int pipe)
{
   ::prctl(PR_SET_PDEATHSIG, SIGKILL);
   const bool isServer = role == Role::Server;
   ::setenv("SISCI_EMU_NODE", isServer ? "4" : "8", 1);
   ::setenv("SISCI_EMU_HOST", isServer ? "server" : "client", 1);

   const char* problem = nullptr;
   std::string text;
   try
   {
      Side side(role, pipe);
      (isServer ? test.server : test.client)(side);
   }
   catch(CheckFailed& failed)
   {
      problem = "";
      text = failed.text;
   }
   catch(SocketException& e)
   {
      problem = "unexpected ";
      text = e.what();
   }
   catch(...)
   {
      problem = "something was thrown that isn't a SocketException";
   }

   if(problem)
      printf("    %s: %s%s\n", isServer ? "server" : "client", problem, text.c_str());
   fflush(stdout);
   // the ordinary way, so that what the transport leaves to do at the end is tested, too
   exit(problem ? 1 : 0);
}

static Processes startTest(const TestCase& test)
{
   int ends[2];
   if(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
      FAIL("no socket pair");

   Processes processes = {};
   for(const Role role : {Role::Server, Role::Client})
   {
      const bool isServer = role == Role::Server;
      const pid_t child = ::fork();
      if(child == 0)
      {
         ::close(ends[isServer ? 1 : 0]); // so that the end of the other side is seen
         runSide(test, role, ends[isServer ? 0 : 1]);
      }
      (isServer ? processes.server : processes.client) = child;
   }

   ::close(ends[0]);
   ::close(ends[1]);
   return processes;
}

/** Waits for both; kills them when the time is up. @return whether the test passed */
static bool finishTest(const TestCase& test, const Processes& processes)
{
   const Stopwatch watch;
   bool passed = true;

   for(const pid_t child : {processes.server, processes.client})
   {
      int status;
      pid_t ended;
      while( (ended = ::waitpid(child, &status, WNOHANG)) == 0 && watch.ms() < testLimitMS)
         ::usleep(2000);

      const char* who = child == processes.server ? "server" : "client";
      if(!ended)
      {
         printf("    %s: no end within %.0f s\n", who, testLimitMS / 1000);
         ::kill(child, SIGKILL);
         ::waitpid(child, &status, 0);
         passed = false;
         continue;
      }

      const bool wasKilled = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      const bool isGood = child == processes.server && test.serverEnd == ServerEnd::IsKilled ?
         wasKilled : WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if(!isGood && WIFSIGNALED(status))
         printf("    %s: ended by signal %d (%s)\n", who, WTERMSIG(status),
            strsignal(WTERMSIG(status)));
      passed = passed && isGood;
   }

   return passed;
}

/** Each test has a fabric and a folder for statistics of its own, below FOLDER. */
static void giveFolder(const std::string& folder, size_t number)
{
   const std::string own = folder + "/" + std::to_string(number);
   ::mkdir(own.c_str(), 0700);

   for(const char* name : {"SISCI_EMU_DIR", "NTB_RUNTIME_DIR"})
   {
      const std::string path = own + "/" + name;
      ::mkdir(path.c_str(), 0700);
      ::setenv(name, path.c_str(), 1);
   }
}

int runWithoutLibrary();

int main(int argc, char** argv)
{
   if(argc > 1 && !strcmp(argv[1], "--without-library"))
      return runWithoutLibrary();
   if(argc < 2)
   {
      fprintf(stderr, "usage: %s FOLDER [TEXT]   (tests whose name contains TEXT)\n", argv[0]);
      return 2;
   }

   size_t run = 0, failed = 0;
   setvbuf(stdout, nullptr, _IOLBF, 0);

   for(const TestCase* test : TestCase::all())
   {
      if(argc > 2 && test->name.find(argv[2]) == std::string::npos)
         continue;

      giveFolder(argv[1], ++run);
      printf("test: %s\n", test->name.c_str());
      const Stopwatch watch;
      const bool passed = finishTest(*test, startTest(*test));
      printf("  %s (%.0f ms)\n", passed ? "ok" : "FAILED", watch.ms());
      failed += !passed;
   }

   printf("%zu tests, %zu failed\n", run, failed);
   return run && !failed ? 0 : 1;
}
