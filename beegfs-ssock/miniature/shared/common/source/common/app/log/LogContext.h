#pragma once

#include "common/app/log/Logger.h"

/** Logs under one heading; does nothing in a process without logger. */
class LogContext
{
   public:
      explicit LogContext(const std::string& contextStr = "") : contextStr(contextStr) {}

      void log(int level, const std::string& msg) const
      {
         if(Logger* logger = Logger::getLogger())
            logger->log(level, contextStr.c_str(), msg.c_str());
      }

      void log(LogTopic, int level, const std::string& msg) const { log(level, msg); }
      void logErr(const std::string& msg) const { log(Log_ERR, msg); }

   private:
      const std::string contextStr;
};

#define LOG_DEBUG(context, level, message) do {} while(0)
