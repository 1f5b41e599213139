#include "common/system/System.h"
#include "common/app/config/InvalidConfigException.h"
#include "common/threading/PThread.h"
#include "Logger.h"

#include <ctime>

namespace
{
   std::unique_ptr<Logger> theOnlyLogger;
}

/** @throw InvalidConfigException if the file can't be opened */
Logger* Logger::createLogger(int level, const std::string& file)
{
   FILE* stream = file.empty() ? stdout : fopen(file.c_str(), "ae");
   if(!stream)
      throw InvalidConfigException("Unable to open log file: " + file + " (SysErr: " +
         System::getErrString() + ")");

   theOnlyLogger.reset(new Logger(level, stream));
   return theOnlyLogger.get();
}

Logger::~Logger()
{
   if(file != stdout)
      fclose(file);
}

Logger* Logger::getLogger()
{
   return theOnlyLogger.get();
}

void Logger::destroyLogger()
{
   theOnlyLogger.reset();
}

void Logger::log(LogTopic, int level, const char* context, const char* msg)
{
   if(level > this->level)
      return;

   const time_t now = time(nullptr);
   tm parts;
   char clock[16];
   strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &parts));

   const std::lock_guard<Mutex> lock(mutex);
   fprintf(file, "(%d) %s %s [%s] >> %s\n", level, clock, PThread::getCurrentThreadName().c_str(),
      context, msg);
   fflush(file);
}
