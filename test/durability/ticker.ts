// A plugin with many schedules, each of which counts its runs, for rounds of kills.

export const STEP_SECONDS = 2

export const TICKER = {
  id: 'ticker',
  backend: `export default {
  async fetch(request, env) {
    const { from, to } = await request.json()
    for (let n = from; n < to; n++)
      await env.tasks.schedule('tick', { n }, { key: 'n' + n, delaySeconds: n % 100 / 50, repeatSeconds: ${STEP_SECONDS} })
    return new Response('scheduled')
  },
  tasks: { tick: async (task, env) => { await env.kv.increment('ticks'); task.worked() } },
}`,
  manifest: {
    permissions: { tasks: true, kv: true },
    contributes: { tasks: [{ id: 'tick', onDemand: true }] },
  },
}
