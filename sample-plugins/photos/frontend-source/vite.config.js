// Relative addresses (base), and Vite's manifest beside the page. In a checkout of Plugbay the package "plugbay" is the checkout itself;
// in a project of your own Vite finds it in node_modules.
import { existsSync } from 'node:fs'

const client = `${import.meta.dirname}/../../../sdk/client`

/** @type {import('vite').UserConfig} */
export default {
  base: './',
  build: { outDir: '../frontend', emptyOutDir: true, manifest: true },
  resolve: {
    alias: existsSync(client)
      ? [
          { find: 'plugbay/client/style.css', replacement: `${client}/style.css` },
          { find: 'plugbay/client', replacement: `${client}/index.ts` },
        ]
      : [],
  },
}
