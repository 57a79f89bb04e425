// The functions of java.lang.Math whose last digit differs from the C library's.
//
//   JavaCosh(1.0)   ->  1.543080634815244      std::cosh gives 1.5430806348152437
//
// Java computes them as fdlibm does (Sun Microsystems, 1993), step by step; so does this. Sines,
// exponentials and the like are close to correctly rounded in both, and come from the C library.
#pragma once

namespace sabot {

double JavaAsin(double x);
double JavaAcos(double x);
double JavaAtan(double x);
double JavaAtan2(double y, double x);
double JavaSinh(double x);
double JavaCosh(double x);
double JavaLog10(double x);

}  // namespace sabot
