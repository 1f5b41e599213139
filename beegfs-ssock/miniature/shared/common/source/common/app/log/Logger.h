#pragma once

#include "common/threading/Mutex.h"
#include "common/Common.h"

enum LogLevel
{
   Log_ERR = 0,
   Log_CRITICAL,
   Log_WARNING,
   Log_NOTICE,
   Log_DEBUG,
   Log_SPAM,
};

enum LogTopic { LogTopic_GENERAL = 0, LogTopic_COMMUNICATION, LogTopic_SOCKLIB, LogTopic_INVALID };

/** The process's log: standard output, or a file if one was given. */
class Logger
{
   public:
      ~Logger();

      static Logger* createLogger(int level, const std::string& file);
      static Logger* getLogger();
      static void destroyLogger();

      void log(LogTopic topic, int level, const char* context, const char* msg);
      void log(int level, const char* context, const char* msg)
         { log(LogTopic_GENERAL, level, context, msg); }

      int getLogLevel(LogTopic) const { return level; }

   private:
      Logger(int level, FILE* file) : level(level), file(file) {}

      const int level;
      FILE* const file;
      Mutex mutex;
};

namespace miniature
{
   /** Collects a message and the values that LOG() was given behind it. */
   class LogLine
   {
      public:
         template<typename T>
         explicit LogLine(const T& message) { text << message; }

         template<typename T>
         LogLine& pair(const char* name, const T& value)
         {
            text << (pairs++ ? "; " : " ") << name << ": " << value;
            return *this;
         }

         std::string str() const { return text.str(); }

      private:
         std::ostringstream text;
         unsigned pairs = 0;
   };
}

/** LOG(GENERAL, NOTICE, "text", ("name", value), ...): at most four pairs. */
#define LOG(topic, level, message, ...) LOG_CTX(topic, level, __func__, message, ##__VA_ARGS__)
#define LOG_CTX(topic, level, context, message, ...) \
   do { \
      Logger* const theLogger = Logger::getLogger(); \
      if(theLogger && theLogger->getLogLevel(LogTopic_##topic) >= Log_##level) \
         theLogger->log(LogTopic_##topic, Log_##level, context, \
            (miniature::LogLine(message) LOG_PAIR_1(__VA_ARGS__)).str().c_str()); \
   } while(0)

#define LOG_PAIR_1(...) __VA_OPT__(LOG_PAIR_2(__VA_ARGS__))
#define LOG_PAIR_2(first, ...) .pair first __VA_OPT__(LOG_PAIR_3(__VA_ARGS__))
#define LOG_PAIR_3(first, ...) .pair first __VA_OPT__(LOG_PAIR_4(__VA_ARGS__))
#define LOG_PAIR_4(first, ...) .pair first __VA_OPT__(LOG_PAIR_5(__VA_ARGS__))
#define LOG_PAIR_5(first) .pair first
