// To click through the admin page by hand: node test/admin-ui/stand-in/main.ts [port]

import { ensureAdminPage } from '../../../runtime/admin-ui/build.ts'
import { seed } from './seed.ts'
import { startStandIn, TOKEN } from './server.ts'

await ensureAdminPage()
const standIn = await startStandIn({ port: Number(process.argv[2] ?? 3999) })
seed(standIn.state)
standIn.state.codes.add('one-time')
const ticking = setInterval(
  () => standIn.state.log('guestbook', 'info', `It is ${new Date().toLocaleTimeString()}`),
  2000,
)
process.stdout.write(`${standIn.url}admin/#code=one-time (token: ${TOKEN})\n`)
process.once('SIGINT', () => {
  clearInterval(ticking)
  void standIn.stop()
})
