// SPDX-License-Identifier: Apache-2.0
#include "service/advice/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace slotplanner {
namespace {

constexpr double kPrecision = 1e-14;
// Many times the number of steps that any of the series takes.
constexpr int kMaxSteps = 100'000;

// The logarithm of the square root of 2 pi.
constexpr double kLogSqrtTwoPi = 0.91893853320467274178;

// The logarithm of the gamma function, by Stirling's series: Abramowitz and
// Stegun, "Handbook of Mathematical Functions", 6.1.41. std::lgamma writes to a
// global variable.
double LogGamma(double x) {
  double shift = 0;
  for (; x < 10; ++x) shift += std::log(x);
  const double s = 1 / (x * x);
  const double series =
      (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s / 1680))) / x;
  return (x - 0.5) * std::log(x) - x + kLogSqrtTwoPi + series - shift;
}

// The logarithm of x^shape e^-x / gamma(shape).
double LogGammaTerm(double shape, double x) {
  return shape * std::log(x) - x - LogGamma(shape);
}

// P(X <= x): Abramowitz and Stegun, 6.5.29. For x < shape + 1.
double LowerGamma(double shape, double x) {
  double term = 1 / shape;
  double sum = term;
  for (int i = 1; i < kMaxSteps && term > sum * kPrecision; ++i) {
    term *= x / (shape + i);
    sum += term;
  }
  return std::exp(LogGammaTerm(shape, x)) * sum;
}

// The continued fraction of Abramowitz and Stegun, 6.5.31, which times the term
// above is P(X > x); evaluated as Lentz does. For x >= shape + 1.
double UpperGammaFraction(double shape, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - shape;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (int i = 1; i < kMaxSteps; ++i) {
    const double a = -i * (i - shape);
    b += 2;
    d = a * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + a / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    fraction *= d * c;
    if (std::abs(d * c - 1) < kPrecision) break;
  }
  return fraction;
}

// The logarithm of P(Z > z) for a normal Z.
double LogNormalTail(double z) {
  // Where std::erfc is still far from the smallest double.
  constexpr double kFar = 10;
  if (z < kFar) return std::log(0.5 * std::erfc(z / std::numbers::sqrt2));
  // Abramowitz and Stegun, 26.2.12; the first term left out is 105 / z^8.
  const double s = 1 / (z * z);
  return -z * z / 2 - std::log(z) - kLogSqrtTwoPi +
         std::log1p(-s * (1 - s * (3 - 15 * s)));
}

}  // namespace

double LogGammaTail(double shape, double x) {
  if (x <= 0) return 0;
  if (x < shape + 1) {
    const double lower = std::min(LowerGamma(shape, x), 1 - kPrecision);
    return std::log1p(-lower);
  }
  return LogGammaTerm(shape, x) + std::log(UpperGammaFraction(shape, x));
}

double PoissonAtMost(double mean, double count) {
  if (count < 0) return 0;
  const double shape = std::floor(count) + 1;
  constexpr double kLargeMean = 1000;
  if (mean <= 0) return 1;
  // P(X <= count) is P(Y > mean) for Y of the gamma distribution of shape
  // count + 1.
  if (mean <= kLargeMean && shape <= 10 * kLargeMean) {
    return std::exp(LogGammaTail(shape, mean));
  }
  // Wilson and Hilferty, "The Distribution of Chi-square", 1931: the cube root
  // of a gamma variable is nearly normal.
  const double z =
      (std::cbrt(mean / shape) - 1 + 1 / (9 * shape)) * 3 * std::sqrt(shape);
  return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

double NormalDeviationsOf(double log_probability) {
  // A normal tail is less than exp(-z^2 / 2), so z is below this.
  double low = -8;
  double high = 1 + std::sqrt(-2 * log_probability);
  constexpr int kSteps = 100;  // Of bisection: down to the last bit.
  for (int i = 0; i < kSteps; ++i) {
    const double middle = (low + high) / 2;
    (LogNormalTail(middle) > log_probability ? low : high) = middle;
  }
  return low;
}

}  // namespace slotplanner
