-- Ends a join code if it is still of this room.
-- KEYS: code. ARGV: room.
if redis.call('HGET', KEYS[1], 'room') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
