// From the first byte of an uploaded zip to the first answer of the plugin in it.

import { zipOf } from '../../support/zip.ts'
import { get, settle, timed } from '../http.ts'
import { startPlugbay } from '../plugbay/server.ts'
import { largePlugin } from '../plugins.ts'
import type { Moment } from './moment.ts'

export const uploadToAnswer: Moment = {
  figures: [{ name: 'upload of a 1 MB zip to first answer', unit: 'ms', aim: 40 }],
  repeat: 2,
  async open(checkout) {
    const server = await startPlugbay(checkout)
    let version = 0
    return {
      async measure() {
        const zip = zipOf(largePlugin(`1.0.${version++}`), { layout: 'stored' })
        await settle()
        const time = await timed(async () => {
          await server.upload(zip)
          await get(`${server.url}/plugins/large/api/greet/ada`)
        })
        return [time]
      },
      close: () => server.stop(),
    }
  },
}
