// Which function answers which path. A null prototype, so that no path finds what every object has.
import { exampleView } from './views.js'

export const routes = {
  __proto__: null,
  '/example-endpoint/': exampleView,
}
