-- Makes a room, once; the same maker again is answered alike.
-- KEYS: room, snapshot. ARGV: maker, time, snapshot.
local maker = redis.call('HGET', KEYS[1], 'maker')
if maker == ARGV[1] then
  return 1
elseif maker then
  return redis.error_reply('ROOMEXISTS made by another call')
end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'maker', ARGV[1], 'epoch', 1, 'created', ARGV[2],
  'last', 0, 'trimmed', 0, 'upto', 0)
return 1
