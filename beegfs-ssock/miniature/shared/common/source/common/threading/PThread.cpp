#include "PThread.h"

#include <csignal>
#include <pthread.h>

namespace
{
   thread_local PThread* current = nullptr;
   thread_local AbstractApp* currentApp = nullptr;
   thread_local std::string currentName = "<Nameless>";
}

/** The thread belongs to the app of the thread that creates it. */
PThread::PThread(const std::string& name) : PThread(name, currentApp) {}

/** For apps: the creating thread becomes the app's main thread. */
PThread::PThread(const std::string& name, AbstractApp* app) : threadName(name), threadApp(app)
{
   if(!currentApp)
   {
      currentApp = app;
      currentName = name;
   }
}

PThread::~PThread()
{
   join();
}

void PThread::start()
{
   thread = std::thread([this] { enterThread(); run(); });
}

void PThread::enterThread()
{
   current = this;
   currentApp = threadApp;
   currentName = threadName;
   pthread_setname_np(pthread_self(), threadName.substr(0, 15).c_str());
}

void PThread::join()
{
   if(thread.joinable())
      thread.join();
}

void PThread::selfTerminate()
{
   const std::lock_guard<Mutex> lock(selfTerminateMutex);
   shallSelfTerminate = true;
   selfTerminateCond.broadcast();
}

bool PThread::waitForSelfTerminateOrder(int timeoutMS)
{
   const std::lock_guard<Mutex> lock(selfTerminateMutex);
   if(!shallSelfTerminate)
      selfTerminateCond.timedwait(&selfTerminateMutex, timeoutMS);

   return shallSelfTerminate;
}

PThread* PThread::getCurrentThread()
{
   return current;
}

AbstractApp* PThread::getCurrentThreadApp()
{
   return currentApp;
}

std::string PThread::getCurrentThreadName()
{
   return currentName;
}

void PThread::sleepMS(int timeoutMS)
{
   std::this_thread::sleep_for(std::chrono::milliseconds(timeoutMS));
}

/** A peer that closes its end must not end this process. */
void PThread::registerSignalHandler()
{
   std::signal(SIGPIPE, SIG_IGN);
}
