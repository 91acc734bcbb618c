-- Opens a round that was neither opened nor closed before, and tells whether it is open.
-- KEYS: room, rounds. ARGV: round.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('NOROOM never made')
end
redis.call('HSETNX', KEYS[2], ARGV[1], 'open')
if redis.call('HGET', KEYS[2], ARGV[1]) == 'open' then
  return 1
end
return 0
