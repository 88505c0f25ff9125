// Answers GET /plugins/my-plugin/api/hello. Standard web APIs, nothing to import, nothing to build.
/** @type {import('plugbay/sdk').Plugin} */
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/hello') return Response.json({ message: 'Hello from My plugin' })
    return new Response('Not found', { status: 404 })
  },
}
