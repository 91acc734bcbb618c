-- Makes a room anew that was lost, from what a node holds; one that exists is left alone.
-- KEYS: room, snapshot, log, keys. ARGV: maker, time, epoch, upto, snapshot.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply('ROOMEXISTS made by another call')
end
redis.call('SET', KEYS[2], ARGV[5])
-- What is left without its room belongs to nothing.
redis.call('UNLINK', KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1], 'maker', ARGV[1], 'epoch', ARGV[3], 'created', ARGV[2],
  'last', ARGV[4], 'trimmed', ARGV[4], 'upto', ARGV[4])
return 1
