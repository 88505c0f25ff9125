// The programs of Debian that read a backup without us. Where they are missing, their tests are skipped; with CI=true they fail.

import { spawnSync } from 'node:child_process'

const missing = ['age', 'zstd', 'script'].filter(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined,
)

/** Options of a test that needs them. */
export const PROGRAMS =
  missing.length > 0 && process.env.CI !== 'true' ? { skip: `not installed: ${missing.join(', ')}` } : {}
