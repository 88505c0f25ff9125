// The parts of the plugin that are code: a patch whose text depends on values, and a step that needs no container.

import { definePlugin } from 'plugbay/sdk'

export default definePlugin({
  patches: {
    'nginx-server': ({ CACHE_BACKEND, PLATFORM_REDIS_PORT }) =>
      CACHE_BACKEND === 'redis' ? `location = /cache { return 200 "redis:${PLATFORM_REDIS_PORT}"; }` : '',
  },
  init: {
    // It may run again: what is there already stays.
    async 'first-rows'(_request, env) {
      if ((await env.kv.get('prepared')) === null) await env.kv.put('prepared', 'yes')
    },
  },
})
