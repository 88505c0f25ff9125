// Serves the pages and assets of plugins, on an origin of their own or sandboxed below a path of ours.
// Invariant: every request gets an answer: a failure is an error page, and is reported.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import type { Answer } from '../exchange/answer.ts'
import { type PageExchange, type PageServices, PageVisit } from './page-visit.ts'

export interface Pages {
  /** Never rejects. `request.target` is path and query after the mount: "", "/", "/assets/app.js?x". */
  answer(exchange: PageExchange, plugin: ServingPlugin): Answer | Promise<Answer>
}

export function createPages(services: PageServices): Pages {
  return {
    answer(exchange, plugin) {
      const visit = new PageVisit(exchange, plugin, services)
      try {
        const result = visit.answer()
        return result instanceof Promise ? result.catch((error: unknown) => visit.failed(error)) : result
      } catch (error) {
        return visit.failed(error)
      }
    },
  }
}
