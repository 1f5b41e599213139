#pragma once

#include "common/net/sock/SocketException.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

class RDMASocket;

/*
 * A small harness for tests with two processes. Each test has a server and a client; each of them
 * runs in a new process that is a node of its own on a new fabric, so that no test sees what
 * another one left behind and a hanging or crashing side is only that test's failure. The sides
 * talk over a pipe of text, besides the sockets that they test.
 */

/** Thrown by CHECK. Not a std::exception: the code under test must not catch it by accident. */
struct CheckFailed
{
   std::string text;
};

[[noreturn]] void failCheck(const char* file, int line, const std::string& text);

#define FAIL(text) failCheck(__FILE__, __LINE__, text)

#define CHECK(condition) \
   do { \
      if(!(condition)) \
         FAIL(#condition); \
   } while(0)

/** Shows both values if they differ. */
#define CHECK_EQUAL(actual, wanted) \
   checkEqual(__FILE__, __LINE__, #actual, actual, wanted)

template<typename A, typename B>
void checkEqual(const char* file, int line, const char* what, const A& actual, const B& wanted)
{
   if(!(actual == wanted))
      failCheck(file, line, std::string(what) + " is " + std::to_string(actual) + ", not " +
         std::to_string(wanted));
}

/**
 * Runs code that must throw exactly this class: BeeGFS tells failures apart by it, and anything
 * that isn't a SocketException would end the daemon.
 *
 * @return the exception's text
 */
template<typename Exception>
std::string throwsExactly(const std::function<void()>& code)
{
   try
   {
      code();
   }
   catch(SocketException& e)
   {
      if(typeid(e) != typeid(Exception))
         FAIL(std::string("another exception was thrown: ") + e.what());
      return e.what();
   }
   catch(CheckFailed&)
   {
      throw;
   }
   catch(...)
   {
      FAIL("something was thrown that isn't a SocketException");
   }

   FAIL("nothing was thrown");
}

/** Runs code that must throw a SocketException, of whatever class. */
inline void throwsSocketException(const std::function<void()>& code)
{
   try
   {
      code();
   }
   catch(SocketException&)
   {
      return;
   }

   FAIL("nothing was thrown");
}

/** Time since it was made. */
class Stopwatch
{
   public:
      double ms() const
      {
         using Span = std::chrono::duration<double, std::milli>;
         return Span(Clock::now() - start).count();
      }

   private:
      using Clock = std::chrono::steady_clock;

      Clock::time_point start = Clock::now();
};

enum class Role { Server, Client };

/** One process of a test, and its line to the other one. */
class Side
{
   public:
      Side(Role role, int pipe) : role(role), pipe(pipe) {}

      const Role role;

      /** One line of text to the other side. */
      void tell(const std::string& line);

      /** Waits for a line; fails the test if it takes long or the other side is gone. */
      std::string hear();

      /** Waits for exactly this line. */
      void await(const std::string& line);

      /** Waits until the other process is gone. */
      void awaitEnd();

   private:
      std::string read(bool mayEnd);

      const int pipe;
      std::string pending; // of the pipe, behind the last line
};

/** How the server's process ends. */
enum class ServerEnd { Returns, IsKilled };

/** A test; its objects are global and register themselves. */
class TestCase
{
   public:
      using Code = std::function<void(Side&)>;

      /** @param name a sentence about what is true */
      TestCase(const char* name, Code server, Code client,
         ServerEnd serverEnd = ServerEnd::Returns);

      const std::string name;
      const Code server;
      const Code client;
      const ServerEnd serverEnd;

      static std::vector<const TestCase*>& all();
};
