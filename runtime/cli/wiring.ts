// Connects the command line to the runtime. Everything is imported at its first call: "plugbay list" loads no server.

import type { CliParts } from './parts.ts'

export function cliParts(): CliParts {
  return {
    async serve(config, options) {
      const { startServer } = await import('../server.ts')
      return startServer(config, options)
    },
    async startDev(folder, options) {
      const { startDev } = await import('../dev-server.ts')
      return startDev(folder, options)
    },
    async openPackageTool() {
      const { openPackageTool } = await import('./package-tool.ts')
      return openPackageTool()
    },
    async tryPackage(source) {
      const { tryPackage } = await import('./try-package.ts')
      return tryPackage(source)
    },
    async rotateSecrets(config, options) {
      const { rotateSecrets } = await import('./rotate-secrets.ts')
      return rotateSecrets(config, options)
    },
  }
}
