// Sets the size of libuv's thread pool, where names are looked up, files are read and hashes are made: with Node's four threads, two
// plugins that ask for names which never resolve would delay the look-ups of all others.
// Import it first: the pool takes its size when it is first used. An operator's own value stands.

process.env.UV_THREADPOOL_SIZE ??= '16'
