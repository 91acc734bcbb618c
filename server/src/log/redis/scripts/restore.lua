-- Puts a staged room in its place, whole (L3). The same maker again is answered alike.
-- KEYS: room, log, keys, snapshot, rounds, members; then the staged ones of the same.
-- ARGV: maker, whether a standing room gives way, prefix of responses, suffix of staged keys,
-- channel.
local maker, epoch = unpack(redis.call('HMGET', KEYS[1], 'maker', 'epoch'))
if maker == ARGV[1] then
  return tonumber(epoch)
elseif maker and ARGV[2] ~= '1' then
  return redis.error_reply('ROOMEXISTS made by another call')
end
local staged = redis.call('HGET', KEYS[7], 'epoch')
if not staged then
  return redis.error_reply('NOROOM the staged room is gone')
end

local higher = math.max(tonumber(epoch or 0), tonumber(staged)) + 1
-- The first write of the script: where it is refused, nothing was written.
redis.call('HSET', KEYS[7], 'epoch', string.format('%.0f', higher), 'maker', ARGV[1])
for _, round in ipairs(redis.call('HKEYS', KEYS[5])) do
  redis.call('UNLINK', ARGV[3] .. round)
end
for place = 1, 6 do
  redis.call('UNLINK', KEYS[place])
  if redis.call('EXISTS', KEYS[place + 6]) == 1 then
    redis.call('RENAME', KEYS[place + 6], KEYS[place])
    redis.call('PERSIST', KEYS[place])
  end
end
for _, round in ipairs(redis.call('HKEYS', KEYS[5])) do
  local key = ARGV[3] .. round
  if redis.call('EXISTS', key .. ARGV[4]) == 1 then
    redis.call('RENAME', key .. ARGV[4], key)
    redis.call('PERSIST', key)
  end
end
-- Lower than anyone is: whoever has the room in memory looks, and finds another epoch.
redis.call('PUBLISH', ARGV[5], '0')
return higher
