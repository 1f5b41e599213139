#pragma once

#include <chrono>

/** A point on the monotonic clock; "zero" stands for "never". */
class Time
{
   public:
      Time() { setToNow(); }
      explicit Time(bool setZero) { if(!setZero) setToNow(); }

      void setToNow() { point = Clock::now(); }
      bool getIsZero() const { return point == Clock::time_point(); }

      unsigned elapsedMS() const
      {
         using std::chrono::milliseconds;
         return unsigned(std::chrono::duration_cast<milliseconds>(Clock::now() - point).count());
      }

   private:
      using Clock = std::chrono::steady_clock;

      Clock::time_point point;
};
