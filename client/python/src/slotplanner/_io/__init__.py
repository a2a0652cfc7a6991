# SPDX-License-Identifier: Apache-2.0
"""What talks to the planner and to the nodes, blocking or with asyncio."""
