// SPDX-License-Identifier: Apache-2.0
// What statistics needs of the gamma, Poisson and normal distributions. Pure.
#pragma once

namespace slotplanner {

// The natural logarithm of P(X > x) for X of the gamma distribution of this
// shape and scale 1; 0 for x <= 0. Half of a chi-square of n degrees of freedom
// is such an X of shape n / 2. For x >= shape + 1 the probability has 10 right
// digits however small it is, below it is right to 1e-11. O(sqrt(shape)).
// Requires: 0 < shape <= 1,000,000.
double LogGammaTail(double shape, double x);

// P(X <= count) for X of the Poisson distribution of this mean: to 1e-11 up to
// a mean of 1,000, beyond to 1e-5. At most some hundred steps. Requires: mean
// >= 0.
double PoissonAtMost(double mean, double count);

// The z that a normal variable exceeds with a probability of this natural
// logarithm: by how many standard deviations something is off that is as
// unlikely. At least -8. Requires: log_probability <= 0.
double NormalDeviationsOf(double log_probability);

}  // namespace slotplanner
