// SPDX-License-Identifier: Apache-2.0
// Known answers are in closed form, or from tables that go back to Abramowitz
// and Stegun, "Handbook of Mathematical Functions", chapter 26.
#include "service/advice/distributions.h"

#include <cmath>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

double ChiSquareTail(double degrees, double x) {
  return std::exp(LogGammaTail(degrees / 2, x / 2));
}

TEST(LogGammaTailTest, IsTheTailOfChiSquare) {
  EXPECT_NEAR(ChiSquareTail(1, 3.841458821), 0.05, 1e-10);
  EXPECT_NEAR(ChiSquareTail(10, 18.30703805), 0.05, 1e-10);
  EXPECT_NEAR(ChiSquareTail(100, 124.3421134), 0.05, 1e-9);
  EXPECT_NEAR(ChiSquareTail(1, 0.003932140), 0.95, 1e-8);
  EXPECT_NEAR(ChiSquareTail(10, 3.940299136), 0.95, 1e-9);
  EXPECT_NEAR(ChiSquareTail(30, 59.70306), 0.001, 1e-8);
}

TEST(LogGammaTailTest, IsThatOfWaitingTimes) {
  for (const double x : {0.001, 0.5, 1.0, 3.0, 50.0, 700.0, 1e6}) {
    EXPECT_NEAR(LogGammaTail(1, x), -x, 1e-11 * (1 + x));
    EXPECT_NEAR(LogGammaTail(2, x), std::log1p(x) - x, 1e-11 * (1 + x));
  }
  EXPECT_EQ(LogGammaTail(3, 0), 0);
  EXPECT_EQ(LogGammaTail(3, -1), 0);
}

TEST(LogGammaTailTest, TakesTheSmallestShapes) {
  // The limit of the tail over the shape is the exponential integral E1.
  constexpr double kShape = 1e-8;
  EXPECT_NEAR(std::exp(LogGammaTail(kShape, 2)) / kShape, 0.0489005107, 1e-7);
  EXPECT_NEAR(std::exp(LogGammaTail(kShape, 5)) / kShape, 0.0011482956, 1e-9);
}

TEST(LogGammaTailTest, HalvesLargeShapesAtTheMedian) {
  // The median is about the shape minus 1/3 (Chen and Rubin, 1986).
  EXPECT_NEAR(std::exp(LogGammaTail(8191.5, 8191.5 - 1.0 / 3)), 0.5, 1e-6);
}

TEST(PoissonAtMostTest, AddsUpTerms) {
  EXPECT_NEAR(PoissonAtMost(1, 0), std::exp(-1.0), 1e-12);
  EXPECT_NEAR(PoissonAtMost(1, 2.9), 2.5 * std::exp(-1.0), 1e-12);
  EXPECT_NEAR(PoissonAtMost(10, 10), 0.5830397502, 1e-9);
  EXPECT_EQ(PoissonAtMost(5, -1), 0);
  EXPECT_EQ(PoissonAtMost(0, 0), 1);
  EXPECT_NEAR(1 - PoissonAtMost(1e-6, 0), 1e-6, 1e-11);
}

TEST(PoissonAtMostTest, IsOneCurveWhereTheWayChanges) {
  for (const double deviations : {-3.0, -1.0, 0.0, 1.0, 3.0, 5.0}) {
    const double count = std::floor(1000 + deviations * std::sqrt(1000.0));
    EXPECT_NEAR(PoissonAtMost(1000, count), PoissonAtMost(1000.000001, count),
                1e-5);
  }
  EXPECT_NEAR(PoissonAtMost(1e12, 1e12 + 1e6), 0.8413447461, 1e-5);
  EXPECT_EQ(PoissonAtMost(1e-3, 1e9), 1);
}

TEST(NormalDeviationsOfTest, IsTheInverseOfTheTail) {
  EXPECT_NEAR(NormalDeviationsOf(std::log(0.5)), 0, 1e-9);
  EXPECT_NEAR(NormalDeviationsOf(std::log(1.349898032e-3)), 3, 1e-9);
  EXPECT_NEAR(NormalDeviationsOf(std::log(2.866515719e-7)), 5, 1e-9);
  EXPECT_NEAR(NormalDeviationsOf(std::log1p(-1.349898032e-3)), -3, 1e-6);
  EXPECT_NEAR(NormalDeviationsOf(std::log(0.5 * std::erfc(12 / M_SQRT2))), 12,
              1e-6);
  // -z^2 / 2 - log(z sqrt(2 pi)) - 1 / z^2.
  EXPECT_NEAR(NormalDeviationsOf(-5000 - 5.52410872 - 1e-4), 100, 1e-7);
  EXPECT_NEAR(NormalDeviationsOf(-1e12), std::sqrt(2e12), 1e-4);
  EXPECT_NEAR(NormalDeviationsOf(0), -8, 1);
}

}  // namespace
}  // namespace slotplanner
