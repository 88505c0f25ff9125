// Whether a request asks for a stream of events instead of a page of the list.

/** HEAD requests the headers of the page, because a stream has no end. */
export function wantsEvents(request: Request): boolean {
  return request.method === 'GET' && (request.headers.get('accept') ?? '').includes('text/event-stream')
}
